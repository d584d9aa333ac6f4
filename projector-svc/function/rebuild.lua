#!lua name=orderspine_rebuild
-- rebuild.lua - two copies of the views in one Redis: `projector-svc rebuild` fills the spare one,
-- and the two change places in one call.
--
-- Each function is called on the spare database, with the number of the live one. What begins a
-- spare copy leaves a marker in it (projection:rebuild), and nothing is emptied or exchanged without
-- it: the live views have none, so that no mistake in an address ever empties those.
--
-- Who fills it has a name of its own (run). Another one that begins takes the spare over, and what
-- the first one asks afterwards is refused.
--
-- Refusals are values. All that can be refused is refused before the first write.

local MARKER, STATUS, POSITION = 'projection:rebuild', 'projection:status', 'projection:position'
local FROZEN, DECIDED, DRAINING = 'projection:frozen', 'projection:decided', 'projection:draining'
local RECOVERING, IDENTITY = 'projection:recovering', 'projection:identity'
local HELD, STREAM = 'projection:held', 'stream:orders'
-- Sorted sets with a member for each order, or each one in a state: they grow by events alone.
local COUNTED = {'orders:recent', 'idx:status:placed', 'idx:status:confirmed', 'idx:status:shipped',
                 'idx:status:delivered', 'idx:status:returned', 'idx:status:cancelled'}

local function at(database, ...)
  redis.call('SELECT', database)
  return redis.call(...)
end

-- A hash as a table.
local function hash(database, key)
  local list, found = at(database, 'HGETALL', key), {}
  for i = 1, #list, 2 do found[list[i]] = list[i + 1] end
  return found
end

local function generation_of(database)
  return at(database, 'HGET', STATUS, 'generation') or ''
end

local function number_of(database, field)
  return tonumber(at(database, 'HGET', STATUS, field) or 0) or 0
end

local function keys_of(database)
  return at(database, 'DBSIZE')
end

-- Whether the rest of a second copy of the live views has room: {needed, there is}, or nil.
local function find_no_room(live, spare)
  local info = redis.call('INFO', 'memory')
  local used = tonumber(string.match(info, 'used_memory:(%d+)'))
  local most = tonumber(string.match(info, 'maxmemory:(%d+)'))
  if most == 0 then most = tonumber(string.match(info, 'total_system_memory:(%d+)')) end
  local there, begun = keys_of(live), keys_of(spare)
  local needed = used + used * (there - begun) / (there + begun)
  return needed > most and {needed, most} or nil
end

local function text_of(number) return string.format('%.0f', number) end

local RIGHTS = {{'DBSIZE'}, {'COPY', DECIDED, DECIDED}, {'SWAPDB', '0', '1'}, {'MOVE', STREAM, '1'}, {'DEL', HELD},
                {'HSET', MARKER, 'f', 'v'}, {'HDEL', POSITION, 'f'}}

-- Asked at the beginning, too: in the midst of a call Redis would only tell that something may not be done.
-- wish: fill | fresh | back, or nil.
local function find_missing_right(wish)
  if wish == 'fresh' and not redis.acl_check_cmd('FLUSHDB', 'ASYNC') then return {'right', 'FLUSHDB'} end
  for _, command in ipairs(RIGHTS) do
    if not redis.acl_check_cmd(unpack(command)) then return {'right', command[1]} end
  end
  return nil
end

-- A marker that no rebuild wrote.
local function find_odd_marker(spare)
  local kind = at(spare, 'TYPE', MARKER).ok
  return kind ~= 'hash' and kind ~= 'none' and {'foreign', text_of(keys_of(spare))} or nil
end

-- What forbids to begin, or nil. wish: fill | fresh | back.
local function find_no_begin(live, spare, wish, version, from)
  if live == spare then return {'same'} end
  local refusal = find_missing_right(wish) or find_odd_marker(spare)
  if refusal then return refusal end
  local marker = hash(spare, MARKER)
  if generation_of(live) == '' then return {'no-views'} end
  if at(live, 'EXISTS', MARKER) == 1 then return {'not-live'} end
  if marker.state and marker.live ~= live then return {'other-live', marker.live} end
  if not marker.state and keys_of(spare) > 0 then return {'foreign', text_of(keys_of(spare))} end
  if wish == 'back' then return marker.state ~= 'previous' and {'nothing-back'} or nil end
  local no_room = find_no_room(live, spare)
  if no_room then return {'memory', text_of(no_room[1]), text_of(no_room[2])} end
  if wish == 'fresh' then return nil end
  if marker.state == 'previous' then return {'previous'} end
  if marker.state and (marker.version ~= version or marker.from ~= from) then
    return {'begun-otherwise', marker.version, marker.from}
  end
  return nil
end

-- ARGV: live, spare, run, wish, version of the program, the topics it is filled from, as one text
-- -> {'ok', generation, 'new' | 'continued'} | {why not ...}
redis.register_function('orderspine_rebuild_begin', function(_, argv)
  local live, spare, run, wish, version, from = unpack(argv)
  local refusal = find_no_begin(live, spare, wish, version, from)
  if refusal then return refusal end
  -- above both: what whoever filled this one before still writes is refused
  local generation = text_of(math.max(number_of(live, 'generation'), number_of(spare, 'generation')) + 1)
  if wish == 'fresh' then at(spare, 'FLUSHDB', 'ASYNC') end
  local had = at(spare, 'EXISTS', MARKER) == 1
  local marker = {'run', run, 'live', live, 'version', version, 'from', from,
                  'state', wish == 'back' and 'previous' or 'filling'}
  at(spare, 'HSET', MARKER, unpack(marker))
  at(spare, 'HSET', STATUS, 'generation', generation)
  at(live, 'COPY', DECIDED, DECIDED, 'DB', spare, 'REPLACE')
  redis.call('SELECT', spare)
  return {'ok', generation, had and 'continued' or 'new'}
end)

-- Whether the caller still fills this spare, under a generation behind the live one's. Who lost the answer to
-- its own exchange finds its name here.
local function find_lost(live, spare, run)
  local held_by = at(spare, 'HGET', MARKER, 'run')
  if held_by == run and number_of(spare, 'generation') > number_of(live, 'generation') then return nil end
  return {'lost', at(live, 'HGET', STATUS, 'exchanged_by') or ''}
end

local function count_orders(database)
  local total = 0
  for i = 2, #COUNTED do total = total + at(database, 'ZCARD', COUNTED[i]) end
  return total, at(database, 'ZCARD', COUNTED[1])
end

-- The version that a mark in projection:frozen waits for.
local function waits_for(mark)
  return tonumber(string.match(mark, '"waits_for":(%d+)') or 0)
end

-- The first thing that stands still in the spare and not, or not so early, in the live one. Records of
-- no aggregate are put aside anew, whatever was decided about them.
local function find_standing(live, spare)
  local before = hash(live, FROZEN)
  for field, mark in pairs(hash(spare, FROZEN)) do
    local is_stray = string.sub(field, -2) == ':-'
    if not is_stray and not before[field] or not is_stray and waits_for(before[field]) > waits_for(mark) then
      return field
    end
  end
  return nil
end

-- A Redis that is full refuses the live views, too: the rebuild ends before.
local function find_full()
  local info = redis.call('INFO', 'memory')
  local used = tonumber(string.match(info, 'used_memory:(%d+)'))
  local most = tonumber(string.match(info, 'maxmemory:(%d+)'))
  return most > 0 and used > 0.95 * most and {'full', text_of(used), text_of(most)} or nil
end

-- Live positions for the caller: how far it may go. What was decided meanwhile comes over. What the
-- live views are still freeing they have not told yet.
-- -> {'ok', live's {slot, position ...}, spare's the same, being drained in both}
local function look(live, spare)
  at(live, 'COPY', DECIDED, DECIDED, 'DB', spare, 'REPLACE')
  return {'ok', at(live, 'HGETALL', POSITION), at(spare, 'HGETALL', POSITION),
          at(spare, 'HLEN', DRAINING) + at(live, 'HLEN', DRAINING)}
end

-- ARGV: live, spare, run
redis.register_function('orderspine_rebuild_look', function(_, argv)
  local live, spare, run = unpack(argv)
  return find_lost(live, spare, run) or find_full() or look(live, spare)
end)

-- The live views take no writes from here on, for so many ms at most: whoever holds them may die.
-- ARGV: live, spare, run, ms -> as look
redis.register_function('orderspine_rebuild_hold', function(_, argv)
  local live, spare, run, ms = unpack(argv)
  local refusal = find_lost(live, spare, run)
  if refusal then return refusal end
  at(live, 'SET', HELD, run, 'PX', ms)
  return look(live, spare)
end)

-- ARGV: live, spare, run
redis.register_function('orderspine_rebuild_release', function(_, argv)
  local live, _, run = unpack(argv)
  if at(live, 'GET', HELD) == run then redis.call('DEL', HELD) end
  return {'ok'}
end)

-- Where Kafka has lost what the live views were to read next, the spare ones have it by a replay.
local function is_past(marker, reached, slot, position)
  return reached[slot] and reached[slot] == marker['first:' .. slot] and
         tonumber(reached[slot]) > tonumber(position)
end

-- The first slot that is not where the live one is, or nil. With accepts, topics that the spare ones read nothing
-- of do not count: they were of another prefix.
local function find_behind(live, spare, accepts)
  local reached, marker = hash(spare, POSITION), hash(spare, MARKER)
  for slot, position in pairs(hash(live, POSITION)) do
    local is_even = reached[slot] == position or accepts and not reached[slot]
    if not is_even and not is_past(marker, reached, slot, position) then
      return {'behind', slot, reached[slot] or ''}
    end
  end
  return nil
end

-- The first count that is lower in the spare ones, or nil. Each version of an order, customer, product or stock is
-- applied once, so that these add up to events.
local function find_fewer(live, spare)
  local orders_live, recent_live = count_orders(live)
  local orders_spare, recent_spare = count_orders(spare)
  local events_live, events_spare = number_of(live, 'applied'), number_of(spare, 'applied')
  if orders_spare < orders_live then return {'fewer', text_of(orders_spare), text_of(orders_live)} end
  if recent_spare < recent_live then return {'fewer', text_of(recent_spare), text_of(recent_live)} end
  if events_spare < events_live then return {'fewer-events', text_of(events_spare), text_of(events_live)} end
  return nil
end

-- What forbids the exchange, or nil.
local function find_no_swap(live, spare, run, accepts)
  local refusal = find_lost(live, spare, run)
  if refusal then return refusal end
  if at(live, 'GET', HELD) ~= run then return {'not-held'} end
  local right = find_missing_right()
  if right then return right end
  local behind = find_behind(live, spare, accepts)
  if behind then return behind end
  if at(spare, 'HLEN', DRAINING) + at(live, 'HLEN', DRAINING) > 0 then return {'draining'} end
  if accepts then return nil end
  local standing = find_standing(live, spare)
  if standing then return {'standing', standing} end
  return find_fewer(live, spare)
end

-- What is of the live views and not of their events goes over: where partitions end, the goal of a
-- recovery, the stream; not of topics that only the live ones were made of. What the spare has of other topics
-- goes. The stream lacks events that came by a replay: it begins anew then, as its readers must.
local function take_over(live, spare)
  local lives, reached, ends = hash(live, POSITION), hash(spare, POSITION), {}
  local marker, is_gap = hash(spare, MARKER), false
  for field, value in pairs(hash(live, STATUS)) do
    local slot = string.match(field, '^end:(.*)$')
    if slot and (reached[slot] or not lives[slot]) then
      ends[#ends + 1], ends[#ends + 2] = field, value
    end
  end
  for slot in pairs(reached) do
    is_gap = is_gap or lives[slot] and is_past(marker, reached, slot, lives[slot])
    if not lives[slot] then
      at(spare, 'HDEL', POSITION, slot)
      redis.call('HDEL', IDENTITY, slot)
      redis.call('HDEL', STATUS, 'last:' .. slot, 'end:' .. slot)
    end
  end
  for _, field in ipairs({'copy', 'partitions'}) do
    local value = at(live, 'HGET', STATUS, field)
    if value then at(spare, 'HSET', STATUS, field, value) end
  end
  for i = 1, #ends, 2 do at(spare, 'HSET', STATUS, ends[i], ends[i + 1]) end
  at(spare, 'DEL', STREAM, MARKER, RECOVERING)
  at(live, 'COPY', RECOVERING, RECOVERING, 'DB', spare, 'REPLACE')
  for slot in pairs(lives) do
    if not reached[slot] then at(spare, 'HDEL', RECOVERING, slot) end
  end
  if is_gap then at(live, 'DEL', STREAM) else at(live, 'MOVE', STREAM, spare) end
end

-- The two change places. ARGV: live, spare, run, '1': also with fewer orders, or what stands still
-- -> {'ok', generation} | {why not ...}
redis.register_function('orderspine_rebuild_swap', function(_, argv)
  local live, spare, run = unpack(argv)
  local refusal = find_no_swap(live, spare, run, argv[4] == '1')
  if refusal then return refusal end
  local generation = generation_of(spare)
  take_over(live, spare)
  at(spare, 'HSET', STATUS, "exchanged_by", run)
  at(live, 'DEL', HELD, MARKER)
  redis.call('HSET', MARKER, 'state', 'previous', 'live', live, 'run', '', 'version', '', 'from', '')
  redis.call('SWAPDB', live, spare)
  return {'ok', generation}
end)
