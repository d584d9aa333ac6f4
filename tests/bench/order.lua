-- wrk script: one PlaceOrder of two lines a request, each with a key of its own. Counts answers
-- by status class, as an error answered fast is no order.
local token = os.getenv("TOKEN")
local run = os.getenv("RUN")
local customer = os.getenv("CUSTOMER") or "demo"
local count = 0
local thread_number = 0
local threads = {}

function setup(thread)
    thread:set("id", thread_number)
    thread_number = thread_number + 1
    table.insert(threads, thread)
end

function init(args)
    accepted, refused = 0, 0
    math.randomseed(id + tonumber(run))
end

function request()
    count = count + 1
    local a = math.random(1000)
    local b = a % 1000 + 1
    return wrk.format("POST", "/v1/orders", {
        ["Authorization"] = "Bearer " .. token,
        ["Content-Type"] = "application/json",
        ["Idempotency-Key"] = run .. "-" .. id .. "-" .. count,
    }, '{"customer_id":"' .. customer .. '","currency":"GBP","lines":[{"sku":"sku-' .. a .. '","quantity":1},' ..
       '{"sku":"sku-' .. b .. '","quantity":2}],"shipping_address":{"name":"Demo","line1":"1 High Street",' ..
       '"city":"Dover","postal_code":"CT16","region":"Kent","country":"GB"},' ..
       '"payment":{"provider":"demo","method":"card"}}')
end

function response(status)
    if status == 201 then accepted = accepted + 1 else refused = refused + 1 end
end

function done(summary, latency)
    local ok, bad = 0, 0
    for _, thread in ipairs(threads) do
        ok = ok + thread:get("accepted")
        bad = bad + thread:get("refused")
    end
    io.write(string.format("RESULT %.0f %d %d %.1f %.1f\n", ok / (summary.duration / 1e6), ok, bad,
        latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
