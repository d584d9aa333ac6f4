-- SPDX-License-Identifier: Apache-2.0
-- wrk script: reads one of the first AMONG orders of outbox.sql, its timeline, its customer's orders, or one page
-- of the newest, by turns. PAUSE: milliseconds a reader waits between two. Prints
-- "RESULT answers/s median 99 % others", times in milliseconds; others were not 200.
local token = os.getenv("TOKEN")
local among = tonumber(os.getenv("AMONG"))
local pause = tonumber(os.getenv("PAUSE"))
local head = {Authorization = "Bearer " .. token}
local threads = {}
local count = 0

function setup(thread) table.insert(threads, thread) end

function init(args) others = 0 end

if pause > 0 then
    function delay() return math.random(2 * pause) end
end

function request()
    local n = math.random(among)
    local order = string.format("/v1/orders/00000000-0000-7000-8000-%012x", n)
    local paths = {order, order .. "/timeline", "/v1/customers/demo-" .. n % 10000 .. "/orders", "/v1/orders?limit=20"}
    count = count + 1
    return wrk.format("GET", paths[count % 4 + 1], head)
end

function response(status) if status ~= 200 then others = others + 1 end end

function done(summary, latency)
    local bad = 0
    for _, thread in ipairs(threads) do bad = bad + thread:get("others") end
    local errors = summary.errors
    bad = bad + errors.connect + errors.read + errors.write + errors.timeout
    io.write(string.format("RESULT %d %.1f %.1f %d\n", summary.requests * 1e6 / summary.duration,
        latency:percentile(50) / 1000, latency:percentile(99) / 1000, bad))
end
