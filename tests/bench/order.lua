-- wrk script: one PlaceOrder of two lines a request. Counts answers by status class, as an error
-- answered fast is no order. LOAD says how products are drawn: uniform, zipf (exponent 1.1) or hot (the
-- first line is always sku-1). Each has a key of its own, as figures are of orders, but for a share of
-- DOUBLED: these have the key of the one before, which has just left by another connection, so that one
-- of the two is decided and the other gets 422.
-- Prints "RESULT orders/s accepted refused p50 p99 doubled", times in ms.
local token = os.getenv("TOKEN")
local run = os.getenv("RUN")
local customer = os.getenv("CUSTOMER") or "demo"
local load = os.getenv("LOAD") or "uniform"
local doubled = tonumber(os.getenv("DOUBLED") or 0)
local PRODUCTS = 1000
local cumulative = {}
local count, key = 0, 0
local thread_number = 0
local threads = {}

function setup(thread)
    thread:set("id", thread_number)
    thread_number = thread_number + 1
    table.insert(threads, thread)
end

function init(args)
    accepted, refused, twins = 0, 0, 0
    math.randomseed(id + tonumber(run))
    local sum = 0
    for i = 1, PRODUCTS do
        sum = sum + i ^ -1.1
        cumulative[i] = sum
    end
end

local function draw()
    if load ~= "zipf" then return math.random(PRODUCTS) end
    local wanted = math.random() * cumulative[PRODUCTS]
    local from, to = 1, PRODUCTS
    while from < to do
        local middle = math.floor((from + to) / 2)
        if cumulative[middle] < wanted then from = middle + 1 else to = middle end
    end
    return from
end

function request()
    count = count + 1
    if math.random() >= doubled then key = count end
    local a = load == "hot" and 1 or draw()
    local b = draw()
    if b == a then b = a % PRODUCTS + 1 end
    return wrk.format("POST", "/v1/orders", {
        ["Authorization"] = "Bearer " .. token,
        ["Content-Type"] = "application/json",
        ["Idempotency-Key"] = run .. "-" .. id .. "-" .. key,
    }, '{"customer_id":"' .. customer .. '","currency":"GBP","lines":[{"sku":"sku-' .. a .. '","quantity":1},' ..
       '{"sku":"sku-' .. b .. '","quantity":2}],"shipping_address":{"name":"Demo","line1":"1 High Street",' ..
       '"city":"Dover","postal_code":"CT16","region":"Kent","country":"GB"},' ..
       '"payment":{"provider":"demo","method":"card"}}')
end

function response(status)
    if status == 201 then accepted = accepted + 1
    elseif status == 422 and doubled > 0 then twins = twins + 1
    else refused = refused + 1
    end
end

function done(summary, latency)
    local ok, bad, twin = 0, 0, 0
    for _, thread in ipairs(threads) do
        ok = ok + thread:get("accepted")
        bad = bad + thread:get("refused")
        twin = twin + thread:get("twins")
    end
    io.write(string.format("RESULT %.0f %d %d %.1f %.1f %d\n", ok / (summary.duration / 1e6), ok, bad,
        latency:percentile(50) / 1000, latency:percentile(99) / 1000, twin))
end
