# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# worst_views.sh - views where questions cost most, and the questions: many customers with one address and
# number, orders that all match a search or none, all of an instant, a word that all products have, a parcel
# with many orders, a lookup that has shrunk, an order with an event for each customer. The newest orders of an index
# do not match.
#
#   worst_views ORDERS OTHERS     fills an empty Redis, in portions as a script has five seconds
#   worst_questions FUNCTION      calls it with each path; in ROLE who may ask it
#   joint PATH                    what stands before one more parameter of it

PORTION=20000

# The views as the projector leaves them, as far as questions look at them.
read -r -d '' FILL <<'LUA'
local kind, first, last = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local fill = {
  orders = function(i)
    local id = string.format('01990000-0000-7000-8000-%012d', i)
    local customer = 'c' .. i % 100
    redis.call('HSET', 'order:' .. id, 'status', 'placed', 'payment_status', 'pending', 'refund_state', 'due',
      'dispute', 'none', 'customer_id', customer, 'total_minor', '2495', 'currency', 'GBP', 'item_count', '3',
      'region', 'Kent', 'provider', 'visa', 'carrier', 'post', 'risk_flags', 'new,fraud', 'placed_at', '1767323043000',
      'status_since', '1767323043000', 'source_version', '1')
    for _, key in ipairs({'idx:status:placed', 'idx:payment:pending', 'idx:carrier:post', 'idx:risk:fraud', 'idx:refund:due', 'ops:open',
                          'customer:' .. customer .. ':orders', 'customer:hub:orders', 'orders:recent'}) do
      redis.call('ZADD', key, 1767323043000 + (i > last / 2 and i or 0), id)
    end
    if i % 3 == 0 then redis.call('SADD', 'lookup:tracking:one', id) end
  end,
  customers = function(i)
    local id = 'c' .. i
    redis.call('HSET', 'customer:' .. id, 'name', 'Ann', 'email', 'all@example.org', 'phone', '+442079460000',
      'active', '1', 'source_version', '1')
    redis.call('SADD', 'lookup:email:all@example.org', id)
    redis.call('SADD', i % 1000 == 0 and 'lookup:phone:442079460000' or 'lookup:phone:442079460001', id)
  end,
  products = function(i)
    local sku = 'sku-' .. i
    redis.call('HSET', 'product:' .. sku, 'name', 'Lantern', 'price_minor', '100', 'currency', 'GBP',
      'discontinued', '0', 'source_version', '1', 'available', '1', 'stock_version', '1')
    redis.call('SADD', 'search:product:lantern', sku)
    redis.call('SADD', i % 2 == 0 and 'search:product:red' or 'search:product:blue', sku)
  end,
  shrunk = function(i) -- a table that was large, and has one left
    redis.call('SADD', 'lookup:email:left@example.org', 'c' .. i)
  end,
  frozen = function(i)
    redis.call('HSET', 'projection:frozen', 'order:' .. i, '{"reason":"gap","waits_for":1,"since":1767323043000}')
    redis.call('RPUSH', 'projection:parked:order:' .. i, '{}')
  end,
  timeline = function(i)
    redis.call('RPUSH', 'order:01990000-0000-7000-8000-000000000001:timeline', string.format(
      '{"version":%d,"type":"NoteAdded","at":1767323043000,"actor":{"role":"agent","subject":"a"},"data":{"text":"%s"}}',
      i, string.rep('x', 400)))
  end,
  minutes = function(i)
    redis.call('HSET', string.format('ops:minute:20260102%02d%02d', math.floor(i / 1536 / 60) % 24,
      math.floor(i / 1536) % 60), 'region-' .. i % 1536 .. ':visa:placed', '1')
  end,
}
for i = first, last do fill[kind](i) end
return last
LUA
readonly FILL

fill() { # KIND COUNT
    local first
    for ((first = 1; first <= $2; first += PORTION)); do
        redis EVAL "$FILL" 0 "$1" "$first" $((first + PORTION > $2 ? $2 : first + PORTION - 1)) || return 1
    done >/dev/null
}
worst_views() {
    WORST_MIDDLE=$(($2 / 2))
    fill orders "$1" && fill customers "$2" && fill products "$2" && fill frozen "$2" && fill timeline "$2" &&
        fill minutes 7680 && fill shrunk "$2" || return 1
    redis EVAL "for i = 2, $2 do redis.call('SREM', 'lookup:email:left@example.org', 'c' .. i) end
        for i = $1 - 299, $1 do redis.call('HSET', string.format('order:01990000-0000-7000-8000-%012d', i), 'refund_state', 'none') end
        redis.call('SET', 'order:$WORST_ORDER:details', '{\"order_id\":\"$WORST_ORDER\",\"customer\":{\"id\":\"c1\"}}')" 0 >/dev/null
}
WORST_ORDER=01990000-0000-7000-8000-000000000001
joint() { case $1 in *\?*) printf '&' ;; *) printf '?' ;; esac; }
worst_questions() {
    local path
    # shellcheck disable=SC2034 # ROLE is for who is called
    while read -r ROLE path; do
        "$1" "$path"
    done <<END
agent /v1/search?email=all@example.org
agent /v1/search?email=all@example.org&phone=%2B442079460000
agent /v1/search?email=left@example.org&status=placed
agent /v1/search?status=placed&limit=200
agent /v1/search?status=placed&payment_status=pending&carrier=post&risk=fraud&limit=200
agent /v1/search?status=placed&refund_state=due&carrier=post&risk=fraud&limit=200
agent /v1/search?status=placed&carrier=post&risk=never&limit=200
agent /v1/search?status=placed&carrier=post&email=nobody@example.org&limit=200
agent /v1/search?status=placed&email=all@example.org&phone=%2B442079460001&limit=200
agent /v1/search?status=placed&email=all@example.org&phone=%2B442079460000&limit=200
agent /v1/search?tracking=one&limit=200
agent /v1/search?tracking=one&status=shipped&risk=never&carrier=post&limit=200
agent /v1/orders?limit=200
agent /v1/customers/hub/orders?limit=200
agent /v1/products?q=lantern&limit=200
agent /v1/products?q=lantern%20red&limit=200
agent /v1/products?q=red%20blue&limit=200
agent /v1/ops/stuck?limit=200
agent /v1/ops/stuck?region=Nowhere&provider=none&status=shipped&limit=200
operator /v1/ops/dead-letters
agent /v1/ops/minutes?from=2026-01-02T00:00:00Z&to=2026-01-02T01:00:00Z&limit=200
agent /v1/freshness
agent /v1/orders/$WORST_ORDER/timeline
agent /v1/orders/$WORST_ORDER/timeline?before=500
agent /v1/orders/$WORST_ORDER/timeline?before=$WORST_MIDDLE
END
}
