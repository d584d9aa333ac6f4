-- wrk script: orders under KEYS keys, over and over, each key with a body of its own. Notes the
-- different answers, and writes them to FILE when it ends, one a line: more of them than keys are
-- two answers to one question.
local token, keys = os.getenv("TOKEN"), tonumber(os.getenv("KEYS"))
local threads = {}

function setup(thread)
    thread:set("id", #threads)
    table.insert(threads, thread)
end

function init(args)
    math.randomseed(id + tonumber(os.getenv("SEED")))
    answers, count, again = "", 0, 0
    seen = {}
end

function request()
    local key = math.random(keys)
    return wrk.format("POST", "/v1/orders", {
        ["Authorization"] = "Bearer " .. token,
        ["Content-Type"] = "application/json",
        ["Idempotency-Key"] = "retry-" .. key,
    }, '{"customer_id":"demo","currency":"GBP","lines":[{"sku":"sku-1","quantity":' .. key .. '}],' ..
       '"shipping_address":{"name":"Demo","line1":"1 High Street","city":"Dover",' ..
       '"postal_code":"CT16","region":"Kent","country":"GB"},' ..
       '"payment":{"provider":"demo","method":"card"}}')
end

-- The command's id stands for the key: an answer does not name it.
function response(status, headers, body)
    if status == 429 or status == 503 then
        again = again + 1
        return
    end
    count = count + 1
    local answer = status .. " " .. body:gsub("%s+$", "")
    if not seen[answer] then
        seen[answer] = true
        answers = answers .. answer .. "\n"
    end
end

function done(summary)
    local file = io.open(os.getenv("FILE"), "w")
    local answered, refused = 0, 0
    for _, thread in ipairs(threads) do
        answered = answered + thread:get("count")
        refused = refused + thread:get("again")
        file:write(thread:get("answers"))
    end
    file:close()
    io.write(string.format("RESULT %d %d %d\n", answered, refused,
        summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout))
end
