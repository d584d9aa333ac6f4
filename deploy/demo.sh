# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# demo.sh - the three orders of deploy/up: placed over HTTP and shown at every station. Each command
# has a fixed Idempotency-Key and each order a fixed id, so that sending them again changes nothing.
# Needs lib.sh and services.sh.

DEMO_ORDERS=(
    01990000-0000-7000-8000-000000000001
    01990000-0000-7000-8000-000000000002
    01990000-0000-7000-8000-000000000003
)

# demo_post TOKEN PATH KEY BODY: sets ANSWER_STATUS, ANSWER and IS_REPLAYED; an order or customer that is there
# already is fine. The token goes in by a file, as a command line is for all to see.
demo_post() {
    local answer
    answer=$(curl -sS -m 30 -w '\n%{http_code} %header{idempotent-replayed}' -K - --data-binary "$4" \
        "$(service_url command)$2" <<END
header = "Authorization: Bearer $1"
header = "Content-Type: application/json"
header = "Idempotency-Key: $3"
END
    ) || die "command-svc does not answer; its log is $LOGS/command-svc.log"
    read -r ANSWER_STATUS IS_REPLAYED <<<"${answer##*$'\n'}"
    ANSWER=${answer%$'\n'*}
    case $ANSWER_STATUS in
    200 | 201) ;;
    409) [[ $ANSWER == *already-exists* ]] || die "$2: $ANSWER_STATUS $ANSWER" ;;
    *) die "$2: $ANSWER_STATUS $ANSWER" ;;
    esac
}

demo_order() {
    cat <<END
{"order_id":"$1","customer_id":"demo","currency":"GBP",
 "lines":[{"sku":"teapot","quantity":$2},{"sku":"cup","quantity":$3}],
 "shipping_address":{"name":"Demo Customer","line1":"1 High Street","city":"London",
                     "postal_code":"N1 1AA","country":"GB"},
 "payment":{"provider":"demo","method":"card"}}
END
}

demo_product() {
    demo_post "$TOKEN_AGENT" /v1/products "demo-product-$1" \
        "{\"sku\":\"$1\",\"name\":\"$2\",\"unit_price_minor\":$3,\"currency\":\"GBP\"}"
    if [ "$ANSWER_STATUS" = 201 ]; then
        demo_post "$TOKEN_AGENT" "/v1/products/$1/receive-stock" "demo-stock-$1" '{"quantity":1000}'
    fi
}

demo_place() {
    local i
    demo_post "$TOKEN_AGENT" /v1/customers demo-customer \
        '{"customer_id":"demo","name":"Demo Customer","email":"demo@example.org"}'
    demo_product teapot Teapot 2495
    demo_product cup 'Cup and saucer' 650
    for i in 3 2 1; do # the first one last: its answer is shown
        demo_post "$TOKEN_CUSTOMER" /v1/orders "demo-order-$i" \
            "$(demo_order "${DEMO_ORDERS[i - 1]}" "$i" $((2 * i)))"
    done
}

# demo_is_visible PATH: has the projector seen it?
demo_is_visible() {
    curl -sS -f -m 5 -o /dev/null -K - "$(service_url projector)/v1/$1" <<END
header = "Authorization: Bearer $TOKEN_AGENT"
END
}

# "Ready" is said when every kind of view follows.
demo_await_views() {
    local path
    for path in customers/demo products/teapot products/cup "${DEMO_ORDERS[@]/#/orders/}"; do
        poll 30 demo_is_visible "$path" ||
            die "$path did not reach its view; see deploy/up --status"
    done
}

# The event of one order: partition, offset, headers and value. kcat complains when jq, having found
# it, reads no more.
demo_event() {
    { kcat -q -C -e -o beginning -b "127.0.0.1:$(port KAFKA)" -t order.events -J 2>/dev/null || true; } |
        jq -en --arg key "$1" -r 'first(inputs | select(.key == $key))
            | "  order.events, partition \(.partition), offset \(.offset), key \(.key)",
              (.headers as $h | range(0; $h | length; 2) | "  \($h[.]): \($h[. + 1])"),
              "  \(.payload)"'
}

demo_show() {
    local id=${DEMO_ORDERS[0]} other
    demo_await_views
    printf '\nHTTP  POST /v1/orders -> %s%s\n' "$ANSWER_STATUS" \
        "${IS_REPLAYED:+   (the answer of the first time, replayed)}"
    jq . <<<"$ANSWER"
    printf '\nKafka  kcat\n'
    demo_event "$id" || die "kcat does not show the order"
    printf '\nRedis  redis-cli HGETALL order:%s\n' "$id"
    operator_redis HGETALL "order:$id" | paste -d ' ' - - | sed 's/^/  /'
    printf '\nAll three\n'
    for other in "${DEMO_ORDERS[@]}"; do
        printf '  %s  %s\n' "$other" "$(operator_redis HMGET "order:$other" status total_minor \
            currency source_version | paste -s -d ' ')"
    done
    printf '\n'
}

# Paths as they can be typed here: from the checkout, as all of README.md.
demo_try_next() {
    local env=$DATA/env
    [ "$PWD" = "$ROOT" ] || printf '\nFrom the checkout:\n  cd %q\n' "$ROOT"
    cat <<END

Try next:
  . $(printf '%q' "${env#"$ROOT"/}")
  curl -s -H @"\$AS_CUSTOMER" \$QUERY_URL/v1/orders/${DEMO_ORDERS[0]} | jq .
  curl -s -H @"\$AS_AGENT" \$QUERY_URL/v1/orders | jq .
  kcat -q -C -e -b \$KAFKA_BROKERS -t order.events -f '%p/%o %k %h\n%s\n'
  deploy/run redis-cli HGETALL order:${DEMO_ORDERS[0]}
  deploy/run psql -c 'TABLE orders'
  deploy/run relay-svc status
  tests/replay                  # thousands of real orders through it all
  deploy/up --status
  deploy/down                   # data survive; --purge removes them
END
}
