-- wrk script: cancels or refunds, as KIND says, orders that volume.sql made, all over the AMONG of them
-- behind the FIRST, and none cancelled twice: the SKIPth of a walk through them and what comes after;
-- refunds are of one minor unit, and many of one order. Each has a key of its own, as its cost is what is
-- asked. Prints "RESULT orders/s answered others".
local token = os.getenv("TOKEN")
local run = os.getenv("RUN")
local kind = os.getenv("KIND")
local first = tonumber(os.getenv("FIRST"))
local among = tonumber(os.getenv("AMONG"))
local count = tonumber(os.getenv("SKIP"))
local PRIME = 7368787 -- divides no number of orders that anybody asks for
local bodies = {cancel = '{"reason":"Ordered twice"}', refund = '{"amount_minor":1,"reason":"Returned"}'}
local threads = {}

function setup(thread) table.insert(threads, thread) end

function init(args) ok, others = 0, 0 end

-- Every tenth order is paid: refunds want these, cancellations the others.
local function number()
    count = count + 1
    local at = first / 10 + count * PRIME % (among / 10)
    return kind == "refund" and 10 * at + 10 or 10 * at + count % 9 + 1
end

local function id(n)
    local time = string.format("%012x", 1600000000000 + n * 100)
    return time:sub(1, 8) .. "-" .. time:sub(9) .. "-7000-8000-" .. string.format("%012x", n)
end

function request()
    local order = id(number())
    return wrk.format("POST", "/v1/orders/" .. order .. "/" .. kind, {
        ["Authorization"] = "Bearer " .. token,
        ["Content-Type"] = "application/json",
        ["Idempotency-Key"] = run .. "-" .. kind .. "-" .. count,
    }, bodies[kind])
end

function response(status)
    if status == 200 then ok = ok + 1 else others = others + 1 end
end

function done(summary, latency)
    local thread = threads[1]
    io.write(string.format("RESULT %.0f %d %d\n", thread:get("ok") / (summary.duration / 1e6),
        thread:get("ok"), thread:get("others")))
end
