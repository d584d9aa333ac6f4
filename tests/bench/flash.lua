-- wrk script: ATTEMPTS PlaceOrders of one piece of sku-1 over all connections of one thread, each with a
-- key of its own (one for two orders is tests/chaos/stock's), then the end. A connection that finds no
-- attempt left asks for /healthz until the last answer is there.
-- Prints "RESULT seconds accepted refused others".
local ffi = require("ffi")
ffi.cdef("typedef struct { long s; long ns; } moment; int clock_gettime(int clock, moment *now);")
local now = ffi.new("moment")
local token = os.getenv("TOKEN")
local run = os.getenv("RUN")
local attempts = tonumber(os.getenv("ATTEMPTS"))

local function clock()
    ffi.C.clock_gettime(1, now)
    return tonumber(now.s) + tonumber(now.ns) / 1e9
end

function init(args) sent, accepted, refused, others, began = -1, 0, 0, 0, 0 end

function request()
    if sent < 0 or sent >= attempts then
        sent = math.max(sent, 0) -- wrk asks for one that it looks at and does not send
        return wrk.format("GET", "/healthz")
    end
    if sent == 0 then began = clock() end
    sent = sent + 1
    return wrk.format("POST", "/v1/orders", {
        ["Authorization"] = "Bearer " .. token,
        ["Content-Type"] = "application/json",
        ["Idempotency-Key"] = run .. "-" .. sent,
    }, '{"customer_id":"demo","currency":"GBP","lines":[{"sku":"sku-1","quantity":1}],' ..
       '"shipping_address":{"name":"Demo","line1":"1 High Street","city":"Dover","postal_code":"CT16",' ..
       '"region":"Kent","country":"GB"},"payment":{"provider":"demo","method":"card"}}')
end

function response(status)
    if status == 201 then accepted = accepted + 1
    elseif status == 409 then refused = refused + 1
    elseif status ~= 200 then others = others + 1
    end
    if accepted + refused + others >= attempts then
        io.write(string.format("RESULT %.3f %d %d %d\n", clock() - began, accepted, refused, others))
        os.exit(0) -- wrk itself would wait for its time to be over
    end
end
