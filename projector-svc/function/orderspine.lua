#!lua name=orderspine
-- number 2
-- It grows with each release that changes this text: services of two releases that share a Redis would
-- else load, in turn, each its own. Nobody loads it over a higher one.
--
-- orderspine.lua - what projector-svc does inside Redis: orderspine_project writes, orderspine_read
-- reads.
--
-- orderspine_project: one batch of one partition, whole or not at all. Position
-- and views change in the same call, so a Redis that loses its last second loses
-- both together and replay heals it; a caller whose expected position is wrong (another
-- owner, lost data, a repeated call) changes nothing.
--
-- Functions do not roll back: everything that can be refused is refused before
-- the first write: the caller's rights, the types of the keys, the lengths of lists, what is no
-- number. Redis itself refuses the call when memory is full, a disk fails or this is a replica,
-- because the function is registered without allow-oom.
--
-- Refusals are values, never error replies: no byte of an event may reach one.
--
-- The arguments are a contract between versions of projector-svc running side by
-- side: a change of theirs takes a new function name.

local MISSING = 'none'  -- what TYPE says of a key that does not exist
local HELD = 'projection:held' -- while a rebuild takes the place of these views; it expires
local ARGS_MAX = 4000   -- Lua's unpack() fails near 8,000, which would be after the first write

local FIELDS_MAX = 1536 -- of a hash of counters: 256 regions and providers, six statuses
local DIGITS_MAX = 18   -- of a counter

-- The field that is counted where there is no room for more of the same kind.
local function other_of(field) return 'other:other:' .. string.match(field, '[^:]*$') end

local function count_up(key, field, amount)
  if not redis.call('HGET', key, field) and redis.call('HLEN', key) >= FIELDS_MAX then
    field = other_of(field)
  end
  redis.call('HINCRBY', key, field, amount)
end

-- name -> {type its key must have, fewest arguments, write}
local WRITES = {
  HSET = {'hash', 2, function(key, args) redis.call('HSET', key, unpack(args)) end},
  HDEL = {'hash', 1, function(key, args) redis.call('HDEL', key, unpack(args)) end},
  HINCRBY = {'hash', 2, function(key, args)
    for i = 1, #args, 2 do redis.call('HINCRBY', key, args[i], args[i + 1]) end
  end},
  SET = {'string', 1, function(key, args) redis.call('SET', key, args[1]) end},
  DEL = {nil, 0, function(key) redis.call('DEL', key) end},
  RPUSH = {'list', 1, function(key, args) redis.call('RPUSH', key, unpack(args)) end},
  RPUSHAT = {'list', 2, function(key, args) redis.call('RPUSH', key, unpack(args, 2)) end},
  LTRIMAT = {'list', 2, function(key, args) redis.call('LTRIM', key, args[2], -1) end},
  LCAP = {'list', 1, function(key, args) redis.call('LTRIM', key, -tonumber(args[1]), -1) end},
  SADD = {'set', 1, function(key, args) redis.call('SADD', key, unpack(args)) end},
  SREM = {'set', 1, function(key, args) redis.call('SREM', key, unpack(args)) end},
  ZADD = {'zset', 2, function(key, args) redis.call('ZADD', key, unpack(args)) end},
  ZREM = {'zset', 1, function(key, args) redis.call('ZREM', key, unpack(args)) end},
  ZCAP = {'zset', 1, function(key, args)
    redis.call('ZREMRANGEBYRANK', key, 0, -1 - tonumber(args[1]))
  end},
  XADD = {'stream', 2, function(key, args)
    local count, entry = tonumber(args[2]), {}
    for at = 3 + count, #args, count do
      for i = 1, count do entry[2 * i - 1], entry[2 * i] = args[2 + i], args[at + i - 1] end
      local id = redis.pcall('XADD', key, 'MAXLEN', '~', args[1], '*', unpack(entry))
      if type(id) == 'table' then return id.err end
    end
  end},
  COUNT = {'hash', 2, function(key, args)
    for i = 1, #args, 2 do count_up(key, args[i], args[i + 1]) end
  end},
  EXPIREAT = {nil, 1, function(key, args) redis.call('EXPIREAT', key, args[1]) end},
  PUBLISH = {nil, 2, function(_, args) redis.call('PUBLISH', args[1], args[2]) end},
}

-- The command behind a write, with as many arguments behind its key as Redis 8 wants to see before
-- it tells whether the caller may send it.
local COMMANDS = {
  HSET = {'HSET', 'f', 'v'}, HDEL = {'HDEL', 'f'}, HINCRBY = {'HINCRBY', 'f', '1'},
  SET = {'SET', 'v'}, DEL = {'DEL'}, RPUSH = {'RPUSH', 'v'}, RPUSHAT = {'RPUSH', 'v'},
  LTRIMAT = {'LTRIM', '0', '1'}, LCAP = {'LTRIM', '0', '1'}, SADD = {'SADD', 'm'}, SREM = {'SREM', 'm'},
  ZADD = {'ZADD', '0', 'm'}, ZREM = {'ZREM', 'm'}, ZCAP = {'ZREMRANGEBYRANK', '0', '1'},
  XADD = {'XADD', '*', 'f', 'v'}, COUNT = {'HINCRBY', 'f', '1'}, EXPIREAT = {'EXPIREAT', '0'}, PUBLISH = {'PUBLISH', 'm'},
}

local COUNTERS = {HINCRBY = true, COUNT = true}

-- Those whose first argument is the length that the list must have.
local LENGTHS = {RPUSHAT = true, LTRIMAT = true}

-- argv from `at` on: name, number of the key (0: a channel, which is no key), count, arguments ...
-- -> list of {write, key, args, name}
local function read_writes(keys, argv, at)
  local writes = {}
  while at <= #argv do
    local write, number, count = WRITES[argv[at]], tonumber(argv[at + 1]), tonumber(argv[at + 2])
    local key = number == 0 and argv[at] == 'PUBLISH' or keys[number]
    if not write or not key or not count or count < write[2] or count > ARGS_MAX or
        at + 2 + count > #argv then
      return nil
    end
    local args = {}
    for i = 1, count do args[i] = argv[at + 2 + i] end
    writes[#writes + 1] = {write, key, args, argv[at]}
    at = at + 3 + count
  end
  return writes
end

local function may_send(command, target)
  return redis.acl_check_cmd(command[1], target, unpack(command, 2))
end

-- A right that the caller lacks, or nil. Keys are Redis's to check when the function is called, so
-- a command is looked at once; each channel is.
local function find_missing_right(writes, positions)
  local seen = {}
  if not may_send(COMMANDS.HSET, positions) then return {'right', positions, 'HSET'} end
  for _, w in ipairs(writes) do
    local is_message = w[4] == 'PUBLISH'
    if is_message or not seen[w[4]] then
      seen[w[4]] = true
      local command, target = COMMANDS[w[4]], is_message and w[3][1] or w[2]
      if not may_send(command, target) then return {'right', target, command[1]} end
    end
  end
  return nil
end

-- HINCRBY fails at what is no number as it writes one, and at one that it would make too large.
local function is_number(text)
  return (text == '0' or string.find(text, '^-?[1-9]%d*$')) and #text <= DIGITS_MAX
end

local function find_no_number(name, key, args)
  for i = 1, #args, 2 do
    for _, field in ipairs(name == 'COUNT' and {args[i], other_of(args[i])} or {args[i]}) do
      local value = redis.call('HGET', key, field)
      if value and not is_number(value) then return {'number', key, field} end
    end
  end
  return nil
end

-- The first thing that forbids the writes, or nil.
local function find_refusal(writes)
  for _, w in ipairs(writes) do
    local wanted = w[1][1]
    if wanted then
      local found = redis.call('TYPE', w[2]).ok
      if found ~= wanted and found ~= MISSING then return {'type', w[2], found} end
      if LENGTHS[w[4]] and redis.call('LLEN', w[2]) ~= tonumber(w[3][1]) then
        return {'length', w[2], w[3][1]}
      end
      local no_number = COUNTERS[w[4]] and find_no_number(w[4], w[2], w[3])
      if no_number then return no_number end
    end
  end
  return nil
end

-- What appending failed with, or nil: the one write that can fail with nothing to forbid it, as nobody may ask for the
-- id a stream has come to: somebody gave it the last one there is. So it is the first write of all.
local function append(writes)
  for _, w in ipairs(writes) do
    local failure = w[4] == 'XADD' and w[1][3](w[2], w[3])
    if failure then return {'stream', w[2], failure .. '; DEL of it begins it anew'} end
  end
  return nil
end

-- What is wrong where HGET of a key fails: its type, or that the caller may not send it.
local function why_unread(key, failure)
  if string.find(failure.err, '^WRONGTYPE') then return {'type', key, 'no hash'} end
  return {'right', key, 'HGET'}
end

-- KEYS: projection:status, projection:position, then the keys written.
-- ARGV: slot, generation, expected position ('' = none yet), next position, then the writes.
-- -> {'ok'} | {'moved', generation, position} | {'malformed', slot} | {'right', key, command} | {'type', key, found}
--    | {'length', key, expected} | {'number', key, field} | {'stream', key, why} | {'held'}
redis.register_function('orderspine_project', function(keys, argv)
  local status, positions, slot = keys[1], keys[2], argv[1]
  local generation = redis.pcall('HGET', status, 'generation') or ''
  local position = redis.pcall('HGET', positions, slot) or ''
  if type(generation) == 'table' then return why_unread(status, generation) end
  if type(position) == 'table' then return why_unread(positions, position) end
  if generation ~= argv[2] or position ~= argv[3] then return {'moved', generation, position} end
  if redis.call('EXISTS', HELD) == 1 then return {'held'} end
  local writes = read_writes(keys, argv, 5)
  if not writes then return {'malformed', slot} end
  local refusal = find_missing_right(writes, positions) or find_refusal(writes) or append(writes)
  if refusal then return refusal end
  for _, w in ipairs(writes) do
    if w[4] ~= 'XADD' then w[1][3](w[2], w[3]) end
  end
  redis.call('HSET', positions, slot, argv[4])
  return {'ok'}
end)

-- What an operator has decided about something that stands still, if it is as it was seen.
-- KEYS: projection:frozen, projection:decided, projection:draining, its parked list.
-- ARGV: field, its mark as it was seen, what was decided before ('' = nothing), what is decided now,
-- the partition whose owner carries it out ('' = it belongs to no aggregate: all of it is dropped).
-- -> {'ok'} | {'moved'} | {'held'}
redis.register_function('orderspine_decide', function(keys, argv)
  local field = argv[1]
  local mark = redis.call('HGET', keys[1], field) or ''
  local decided = redis.call('HGET', keys[2], field) or ''
  if redis.call('EXISTS', HELD) == 1 then return {'held'} end -- it would be lost
  redis.call('HLEN', keys[3]) -- of a wrong type this ends here, before the first write
  if mark ~= argv[2] or decided ~= argv[3] then return {'moved'} end
  redis.call('HSET', keys[2], field, argv[4])
  if argv[5] ~= '' then
    redis.call('HSET', keys[3], field, argv[5])
  else
    redis.call('DEL', keys[4])
    redis.call('HDEL', keys[1], field)
  end
  return {'ok'}
end)

-- A reading's work is bounded by its limit, never by the size of the data: the rest of Redis waits.

-- Of a key that names a person, what stands before that only: also where what it belongs to comes in the midst,
-- as in projection:parked:customer:ID.
local function shown(key)
  local first
  for _, before in ipairs({'lookup:email:', 'lookup:phone:', 'customer:'}) do
    local _, last = string.find(key, before, 1, true)
    if last and (not first or last < first) then first = last end
  end
  return first and string.sub(key, 1, first) .. '*' or key
end

-- As redis.call, and where it fails it says of which key, so that somebody can mend it.
local function ask(command, key, ...)
  local reply = redis.pcall(command, key, ...)
  if type(reply) == 'table' and reply.err then error({err = reply.err .. ' (' .. shown(key or '') .. ')'}) end
  return reply
end

local LOOKED_MAX = 500 -- of orders whose hashes a search tests
-- What a page may cost, in SISMEMBER of a word: a row takes as long as three of these, a hash's test as two, as does a
-- lookup among orders, which lie about in memory.
local COST_MAX, COST_OF_ROW, COST_OF_HASH, COST_OF_LOOKUP, COST_OF_MEMBER = 1000, 3, 2, 2, 1
local COST_OF_FIELD = 0.3 -- of a hash, beyond the first that is tested
local COUNTERS_MAX = 5000 -- fields of hashes of counters that one answer has
local STEPS_MAX = 5     -- of SSCAN, each about a page's limit
local TESTED_STEP = 100 -- at most, where the hash of each member is tested, so that little is read in vain

-- Where in a sorted set, newest first, the one behind (score, member) stands. Within one instant
-- members follow each other by name, so those are halved until the place is found.
local function place_behind(key, score, member)
  local low = redis.call('ZCOUNT', key, '(' .. score, '+inf')
  local high = low + redis.call('ZCOUNT', key, score, score)
  while low < high do
    local middle = math.floor((low + high) / 2)
    if redis.call('ZREVRANGE', key, middle, middle)[1] < member then
      high = middle
    else
      low = middle + 1
    end
  end
  return low
end

-- Where in a sorted set, the lowest first, the one behind (score, member) stands.
local function place_before(key, score, member)
  local found = redis.call('ZSCORE', key, member)
  local is_there = found and tonumber(found) == tonumber(score)
  return redis.call('ZCARD', key) - place_behind(key, score, member) + (is_there and 1 or 0)
end

-- A hash's fields behind what the row has already; '' where one is missing. In Redis's own table, as one that
-- grows field by field is copied five times.
local function add_fields(row, key, fields)
  local values, before = redis.call('HMGET', key, unpack(fields)), #row
  for i = #fields, 1, -1 do values[before + i] = values[i] or '' end
  for i = 1, before do values[i] = row[i] end
  return values
end

-- A page of a sorted set of orders, newest first, with fields of each order's hash.
-- PAGE key limit score member field ... : score and member of the last one seen ('' = from the
-- newest) -> {{id, score, value ...} ...}, at most limit + 1 rows: one more says that there is a
-- next page.
local function page(args)
  local key, wanted, score, member = args[2], tonumber(args[3]) + 1, args[4], args[5]
  local fields = {unpack(args, 6)}
  local start = score == '' and 0 or place_behind(key, score, member)
  local found = redis.call('ZREVRANGE', key, start, start + wanted - 1, 'WITHSCORES')
  local answer = {}
  for i = 1, #found, 2 do
    answer[#answer + 1] = add_fields({found[i], found[i + 1]}, 'order:' .. found[i], fields)
  end
  return answer
end

-- The smallest of the sets, or the one that was chosen before, which it is, and the others.
local function by_size(keys, chosen)
  local smallest = keys[chosen] and chosen or 1
  for i = 2, keys[chosen] and 1 or #keys do
    if redis.call('SCARD', keys[i]) < redis.call('SCARD', keys[smallest]) then smallest = i end
  end
  return table.remove(keys, smallest), keys, smallest
end

local function is_in_all(sets, member)
  for _, set in ipairs(sets) do
    if redis.call('SISMEMBER', set, member) == 0 then return false end
  end
  return true
end

-- Members of all of the sets, not more than limit, and whether there may be more. Looks at five
-- times as many members of the smallest set at most.
local function common_members(keys, limit)
  local smallest, others = by_size(keys)
  local members, seen, looked, cursor = {}, {}, 0, '0'
  repeat
    local step = redis.call('SSCAN', smallest, cursor, 'COUNT', limit)
    cursor = step[1]
    for _, member in ipairs(step[2]) do
      looked = looked + 1
      if not seen[member] and is_in_all(others, member) then
        if #members == limit then return members, true end
        seen[member] = true
        members[#members + 1] = member
      end
    end
  until cursor == '0' or looked >= 5 * limit
  return members, cursor ~= '0'
end

-- The customers in all of some lookup sets, sorted by id.
-- FIND limit count key ... field ... -> {1 when some may be left out, else 0, {id, value ...} ...}
local function find(args)
  local limit, count = tonumber(args[2]), tonumber(args[3])
  local fields = {unpack(args, 4 + count)}
  local ids, is_partial = common_members({unpack(args, 4, 3 + count)}, limit)
  table.sort(ids)
  local answer = {is_partial and 1 or 0}
  for _, id in ipairs(ids) do
    answer[#answer + 1] = add_fields({id}, 'customer:' .. id, fields)
  end
  return answer
end

-- One step of SSCAN through a set: adds to found what is wanted. Gives where to go on, and how many of the
-- step were looked at when found became full, or too much was spent.
local function step_through(set, is_wanted, from, limit, found, spent, count)
  local step = redis.call('SSCAN', set, from.at, 'COUNT', count)
  for i = from.skip + 1, #step[2] do
    if #found == limit or spent.cost >= COST_MAX then return {at = from.at, skip = i - 1} end
    if is_wanted(step[2][i], spent) then
      found[#found + 1], spent.cost = step[2][i], spent.cost + COST_OF_ROW
    end
  end
  return {at = step[1], skip = 0}
end

-- Some steps of count members, until so many are found. at, skip: where to begin, '0' and 0 at first. Gives what
-- was found, and where to go on; nothing at the end.
local function go_through(set, is_wanted, at, skip, limit, count)
  local from, found, steps, is_over = {at = at or '0', skip = tonumber(skip or 0)}, {}, 0
  local spent = {cost = 0}
  repeat
    from, steps = step_through(set, is_wanted, from, limit, found, spent, count), steps + 1
    is_over = from.at == '0' and from.skip == 0
  until is_over or #found == limit or spent.cost >= COST_MAX or steps == STEPS_MAX
  return found, not is_over and from.at .. '.' .. from.skip or nil
end

-- A page of the members of all of some sets; the smallest is gone through as it is stored, five times as
-- many of its members at most as are wanted, and as many as COST_MAX allows. A page may be short or empty and have a next one.
-- MATCH limit cursor prefix count key ... field ... -> {next cursor ('' at the end), {id, value ...} ...}
-- The cursor ('' = from the beginning) is the set that is gone through, SSCAN's, and what of its step
-- was seen.
local function match(args)
  local limit, count = tonumber(args[2]), tonumber(args[5])
  local keys, fields = {unpack(args, 6, 5 + count)}, {unpack(args, 6 + count)}
  local which, at, skip = string.match(args[3], '^(%d+)%.(%d+)%.(%d+)$')
  local smallest, others, chosen = by_size(keys, tonumber(which))
  local function is_wanted(member, spent)
    spent.cost = spent.cost + #others * COST_OF_MEMBER
    return is_in_all(others, member)
  end
  local found, next_one = go_through(smallest, is_wanted, at, skip, limit, limit)
  local answer = {next_one and chosen .. '.' .. next_one or ''}
  for _, id in ipairs(found) do
    answer[#answer + 1] = add_fields({id}, args[4] .. id, fields)
  end
  return answer
end

-- --- searching orders: one key is gone through, and each order's hash is tested

local TESTS = {
  IS = function(value, wanted) return value == wanted end,
  HAS = function(value, wanted) return string.find(',' .. value .. ',', ',' .. wanted .. ',', 1, true) end,
  IN = function(value, set) return redis.call('SISMEMBER', set, value) == 1 end,
  AMONG = function(_, set, id) return redis.call('SISMEMBER', set, id) == 1 end,
}

local OF_SETS = {IN = COST_OF_LOOKUP, AMONG = COST_OF_LOOKUP}

-- count, then test field operand ..., from argument `at` on -> what tells whether an order passes all of them,
-- and where the arguments go on.
local function read_tests(args, at)
  local count, tests, fields = tonumber(args[at]), {}, {}
  for i = 1, count do
    local first = at + 3 * i - 2
    tests[i], fields[i] = {TESTS[args[first]], args[first + 2], OF_SETS[args[first]] or 0}, args[first + 1]
  end
  local function passes(id, spent)
    if count == 0 then return true end
    local values = redis.call('HMGET', 'order:' .. id, unpack(fields))
    spent.cost = spent.cost + COST_OF_HASH + (count - 1) * COST_OF_FIELD
    for i, test in ipairs(tests) do
      spent.cost = spent.cost + test[3]
      if not values[i] or not test[1](values[i], test[2], id) then return false end
    end
    return true
  end
  return passes, at + 1 + 3 * count
end

local ONLY_STEPS = 20 -- of a thousand places each: a set that has shrunk may have many empty ones

-- A lookup of customers stands for the orders of the one it has; of several none does. A key that is not there
-- is the smallest of all.
local function ranked_by(base)
  if string.sub(base, 1, 7) ~= 'lookup:' then return base end
  local count, at = redis.call('SCARD', base), '0'
  if count ~= 1 then return count == 0 and base or nil end
  for _ = 1, ONLY_STEPS do
    local step = redis.call('SSCAN', base, at, 'COUNT', 1000)
    if step[2][1] then return 'customer:' .. step[2][1] .. ':orders' end
    at = step[1]
    if at == '0' then return nil end
  end
  return nil
end

local function choose_base(bases, chosen)
  local key = bases[chosen] and ranked_by(bases[chosen])
  if key then return key, chosen end
  local smallest, size
  for i, base in ipairs(bases) do
    local candidate = ranked_by(base)
    local count = candidate and redis.call('ZCARD', candidate)
    if count and (not size or count < size) then key, smallest, size = candidate, i, count end
  end
  return key, smallest
end

-- A page of the orders that pass, the highest score first; looks at LOOKED_MAX at most, and spends COST_MAX, so that
-- a page may be short or empty and have a next one.
-- SEARCH limit cursor count base ... count test field operand ... field ...
-- -> {next cursor ('' at the end), {id, value ...} ...}
local function search(args)
  local limit, count = tonumber(args[2]), tonumber(args[4])
  local passes, first = read_tests(args, 5 + count)
  local fields, answer, at = {unpack(args, first)}, {''}, 1
  local which, score, member = string.match(args[3], '^(%d+)_(-?%d+)_(.+)$')
  local key, chosen = choose_base({unpack(args, 5, 4 + count)}, tonumber(which))
  local start = score and place_behind(key, score, member) or 0
  local found, spent = redis.call('ZREVRANGE', key, start, start + LOOKED_MAX - 1, 'WITHSCORES'), {cost = 0}
  while at < #found and #answer <= limit and spent.cost < COST_MAX do
    if passes(found[at], spent) then
      spent.cost = spent.cost + COST_OF_ROW
      answer[#answer + 1] = add_fields({found[at]}, 'order:' .. found[at], fields)
    end
    at = at + 2
  end
  if start + (at - 1) / 2 < redis.call('ZCARD', key) then
    answer[1] = table.concat({chosen, found[at - 1], found[at - 2]}, '_')
  end
  return answer
end

-- The same of a lookup of orders, in no order: with the key in place of the bases.
-- LOOKUP limit cursor 1 key count test ... field ... -> {next cursor ('' at the end), {id, value ...} ...}
local function search_lookup(args)
  local passes, first = read_tests(args, 6)
  local at, skip = string.match(args[3], '^(%d+)%.(%d+)$')
  local limit = tonumber(args[2])
  local found, next_one = go_through(args[5], passes, at, skip, limit, math.min(limit, TESTED_STEP))
  local answer, fields = {next_one or ''}, {unpack(args, first)}
  for _, id in ipairs(found) do answer[#answer + 1] = add_fields({id}, 'order:' .. id, fields) end
  return answer
end

-- A page of the orders whose deadline is over, the longest first; with the bounds of SEARCH.
-- STUCK limit cursor now count test field operand ... field ...
-- -> {next cursor ('' at the end), {id, deadline, value ...} ...}
local function stuck(args)
  local key, limit, now = 'ops:open', tonumber(args[2]), tonumber(args[4])
  local passes, first = read_tests(args, 5)
  local fields, answer, at = {unpack(args, first)}, {''}, 1
  local score, member = string.match(args[3], '^(-?%d+)_(.+)$')
  local start = score and place_before(key, score, member) or 0
  local found, spent = redis.call('ZRANGE', key, start, start + LOOKED_MAX - 1, 'WITHSCORES'), {cost = 0}
  while at < #found and tonumber(found[at + 1]) <= now do
    if #answer > limit or spent.cost >= COST_MAX then break end
    if passes(found[at], spent) then
      spent.cost = spent.cost + COST_OF_ROW
      answer[#answer + 1] = add_fields({found[at], found[at + 1]}, 'order:' .. found[at], fields)
    end
    at = at + 2
  end
  local next_one = redis.call('ZRANGE', key, start + (at - 1) / 2, start + (at - 1) / 2, 'WITHSCORES')
  if next_one[1] and tonumber(next_one[2]) <= now then answer[1] = found[at - 1] .. '_' .. found[at - 2] end
  return answer
end

-- Hashes, as many of the first ones as have not more than COUNTERS_MAX fields together; one at least.
-- HASHES key ... -> {{field, value ...} ...}
local function hashes(args)
  local left, answer = COUNTERS_MAX, {}
  for i = 2, #args do
    left = left - redis.call('HLEN', args[i])
    if left < 0 and i > 2 then break end
    answer[#answer + 1] = redis.call('HGETALL', args[i])
  end
  return answer
end

local FIRST_PORTION = 8 -- elements of a list; by their bytes the next one is as long as there is room
local LARGEST = 16384 + 1024 -- bytes of an element: a note's 4,000 characters, and what stands around them

-- A list's length, then its elements from one place to another, as far as they fit into so many bytes
-- together; one at least. In portions, as Redis goes through the list to where each begins; none has more than
-- there is room for if each were as large as it can be, as short ones may come before long ones.
local function take(key, length, first, last, step, bytes)
  local answer, left, portion, taken = {length}, (last - first) * step + 1, FIRST_PORTION, 0
  while left > 0 do
    local count = math.min(portion, left)
    local final = first + (count - 1) * step
    local found = ask('LRANGE', key, math.min(first, final), math.max(first, final))
    for i = 1, count do
      local element = found[step > 0 and i or count + 1 - i]
      taken = taken + #element
      if #answer > 1 and taken > bytes then return answer end
      answer[#answer + 1] = element
    end
    left, first = left - count, final + step
    local room = bytes - taken
    portion = math.max(1, math.floor(math.min(room * (#answer - 1) / taken, room / LARGEST)))
  end
  return answer
end

-- HEAD key most bytes: the first ones.
local function head(args)
  local key, most = args[2], tonumber(args[3])
  local length = ask('LLEN', key)
  return take(key, length, 0, math.min(length, most) - 1, 1, tonumber(args[4]))
end

-- The first elements of lists, as many of each as was asked for, as far as they fit into so many bytes
-- all together; one at least.
-- HEADS bytes key most key most ... -> {{length, element ...} ...}
local function heads(args)
  local left, answer, is_first = tonumber(args[2]), {}, true
  for i = 3, #args, 2 do
    local key, length = args[i], ask('LLEN', args[i])
    local row = {length}
    for at = 0, math.min(length, tonumber(args[i + 1])) - 1 do
      if left <= 0 then break end
      local element = redis.call('LINDEX', key, at)
      left = left - #element
      if left < 0 and not is_first then break end
      row[#row + 1], is_first = element, false
    end
    answer[#answer + 1] = row
  end
  return answer
end

-- TAIL key before most bytes: those before the `before`-th (1 is the first; 0: all), the last one
-- first.
local function tail(args)
  local key, before, most = args[2], tonumber(args[3]), tonumber(args[4])
  local length = ask('LLEN', key)
  local last = before > 0 and math.min(length, before - 1) or length
  return take(key, length, last - 1, math.max(last - most, 0), -1, tonumber(args[5]))
end

-- Strings, as many of the first ones as have not more than bytes together; one at least.
-- STRINGS bytes key ... -> {string (nil: none) ...}
local function strings(args)
  local left, answer = tonumber(args[2]), {}
  for i = 3, #args do
    local value = ask('GET', args[i])
    left = left - (value and #value or 0)
    if left < 0 and i > 3 then break end
    answer[#answer + 1] = value
  end
  return answer
end

-- A portion of what stands still, whatever is damaged of it.
-- FROZEN cursor count -> {cursor, {field, mark, parked records, bytes of what was decided} ...}
local function frozen(args)
  local step = redis.call('HSCAN', 'projection:frozen', args[2], 'COUNT', args[3])
  local answer = {step[1]}
  for i = 1, #step[2], 2 do
    local field = step[2][i]
    local parked = redis.pcall('LLEN', 'projection:parked:' .. field)
    local decided = redis.call('HGET', 'projection:decided', field)
    answer[#answer + 1] = {field, step[2][i + 1], type(parked) == 'number' and parked or 0,
                           decided and #decided or 0}
  end
  return answer
end

local SPELLED_MAX = 65536 -- of a details document that is looked into for its payment reference

local function bytes_of(key) return redis.call('MEMORY', 'USAGE', key) or 0 end

-- Of a key that orders share, what comes to each; nothing of a damaged one.
local function part_of(key)
  local count = redis.pcall(string.sub(key, 1, 7) == 'lookup:' and 'SCARD' or 'ZCARD', key)
  return type(count) == 'number' and count > 0 and bytes_of(key) / count or 0
end

local function encoded(value)
  return (string.gsub(value, '[^%w._-]', function(byte) return string.format('%%%02X', string.byte(byte)) end))
end

-- The shared keys that an order stands in. Its payment reference is in its details alone.
local function shared_keys(order, id, details_bytes)
  local values = redis.call('HMGET', order, 'status', 'payment_status', 'refund_state', 'carrier', 'tracking_number',
                            'customer_id', 'risk_flags')
  local keys = {'orders:recent', 'customer:' .. (values[6] or '') .. ':orders'}
  local before = {'idx:status:', 'idx:payment:', 'idx:refund:', 'idx:carrier:', 'lookup:tracking:'}
  for i, prefix in ipairs(before) do
    if values[i] and values[i] ~= '' then keys[#keys + 1] = prefix .. encoded(values[i]) end
  end
  for flag in string.gmatch(values[7] or '', '[^,]+') do keys[#keys + 1] = 'idx:risk:' .. encoded(flag) end
  if type(redis.pcall('ZSCORE', 'ops:open', id)) == 'string' then keys[#keys + 1] = 'ops:open' end
  local details = details_bytes <= SPELLED_MAX and redis.call('GET', order .. ':details') or ''
  local reference = string.match(details, '"reference":"([%w._-]+)"')
  if reference then keys[#keys + 1] = 'lookup:payment:' .. reference end
  return keys
end

-- One of the newest, by its rank. Fails where its keys, or the list of them all, are damaged.
local function bytes_of_order(rank)
  local id = redis.call('ZREVRANGE', 'orders:recent', rank, rank)[1]
  local order = 'order:' .. id
  local sums = {1, bytes_of(order), bytes_of(order .. ':details'), bytes_of(order .. ':timeline'), 0}
  for _, key in ipairs(shared_keys(order, id, sums[3])) do sums[5] = sums[5] + part_of(key) end
  return sums
end

-- What orders take, by some that are spread over the newest: the bytes of their own keys together, and their
-- part of those they share. Nothing where the caller may not ask for it; what is damaged is left out.
-- BYTES most -> {orders, hashes, details, timelines, shared}
local function bytes(args)
  local count = redis.pcall('ZCARD', 'orders:recent')
  if type(count) ~= 'number' or not redis.acl_check_cmd('MEMORY', 'USAGE', 'orders:recent') then return {} end
  local looked, all = math.min(count, tonumber(args[2])), {0, 0, 0, 0, 0}
  for i = 0, looked - 1 do
    local is_whole, sums = pcall(bytes_of_order, math.floor(i * count / looked))
    for at = 1, is_whole and #all or 0 do all[at] = all[at] + sums[at] end
  end
  return all
end

local COMPOUND = {
  PAGE = page, FIND = find, MATCH = match, SEARCH = search, STUCK = stuck, HASHES = hashes, LOOKUP = search_lookup,
  HEAD = head, HEADS = heads, TAIL = tail, STRINGS = strings, FROZEN = frozen, BYTES = bytes,
}

-- Several reads as one moment shows them. Why not MULTI: when memory is full Redis refuses to queue
-- commands, and views must stay readable then. ARGV: count, command with its arguments, count ...
-- -> one reply per command.
local function read(_, argv)
  local answer, at = {}, 1
  while at <= #argv do
    local count, args = tonumber(argv[at]), {}
    for i = 1, count do args[i] = argv[at + i] end
    local compound = COMPOUND[args[1]]
    answer[#answer + 1] = compound and compound(args) or ask(unpack(args))
    at = at + 1 + count
  end
  return answer
end

redis.register_function{function_name = 'orderspine_read', callback = read, flags = {'no-writes'}}
