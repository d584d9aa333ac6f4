# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# e2e.sh - what an end-to-end test is written with. A test is tests/e2e/NN_<behaviour>, executable:
#
#     #!/usr/bin/env bash
#     # SPDX-License-Identifier: Apache-2.0
#     # One sentence: which promise this file holds us to.
#     . "$(dirname "${BASH_SOURCE[0]}")/../support/e2e.sh"
#
#     trio_start                                  # migrate, command, relay, projector: all ready
#     seed_shop                                   # customer demo, products sku-1 … sku-3 with stock
#     place_order key-1                           # sets STATUS, BODY, ORDER_ID
#     check "an order is taken" equals "$STATUS" 201
#     check "its view follows" wait_until 5 view_has_version "$ORDER_ID" 1
#     check "all three places agree" wait_until 10 everything_agrees
#     finish
#
# `tests/e2e/NN_x` alone starts servers of its own (about 8 s); tests/run gives all files one set.
# Either way each file has a *world* of its own: a database, a topic prefix, a logical Redis
# database and a tokens file. Ports are free ones. At exit every service still running is killed.
#
# Every check is one test; a file that ends without `finish` counts one failure more. The last line
# printed is "N passed, N failed". On failure the ends of the services' logs are printed.
#
#   checks      check SENTENCE COMMAND...     counts; goes on when it fails
#               need SENTENCE COMMAND...      the same, but a failure ends the file
#               equals GOT WANTED             contains TEXT PART         not COMMAND...
#               wait_until SECONDS COMMAND... repeats it until it succeeds; false when time is over
#               note TEXT                     a line in the output
#   services    NAME is command, relay or projector; command2 is a second one, and so on
#               service_start NAME [SETTING=value...]   waits for /readyz (e.g. FAULT_PLAN=…)
#               service_launch NAME [SETTING=value...]  does not wait
#               MEMORY=KIB service_start …    within so much memory; see memory.sh
#               HALF=--serve-only service_start …       one half of a projector
#               service_stop NAME             SIGTERM; false when it does not exit 0 by itself
#               service_kill NAME             SIGKILL, and waits until it is gone
#               service_gone NAME             has it ended? (with wait_until: a fault point hit)
#               service_pid NAME   service_log NAME (path)   service_url NAME
#               service_ready NAME            /readyz says 200
#               trio_start   trio_stop   migrate [OPTIONS]
#   servers     server_stop NAME [--kill]   server_start NAME     postgres, kafka, redis
#               server_pause NAME   server_resume NAME            SIGSTOP, SIGCONT
#   HTTP        post ROLE PATH KEY BODY [curl options]    to command (VIA=command2 for another)
#               get ROLE PATH [curl options]              from projector (VIA=… for another)
#               both set STATUS (000: no answer), BODY, HEADERS; header NAME prints one.
#               ROLE: customer (subject demo), agent, payment, fulfilment, operator, none
#               seed_shop [SKUS [STOCK]]
#               place_order KEY [SKU [QUANTITY [ROLE]]]   sets ORDER_ID too
#               way_out WORDS [S=… N=…]       the SQL that relay-svc/README.md gives for a stop
#               way_on [relay2]               the line that the relay's /readyz prints for a stop
#               relay_cli SUBCOMMAND …        relay-svc as an operator runs it
#   stations    sql QUERY            as superuser in the world's database, unaligned, tuples only
#               redis ARGS...        as admin in the world's logical database
#               topic NAME           full name: `topic order` is order.events behind the prefix
#               records TOPIC        key, version, id, partition, offset of every record, by tab
#               view_has_version ORDER_ID VERSION
#               published_fits TYPE...          all records are as the contract says, one of each TYPE
#               everything_agrees    outbox, Kafka and Redis tell one story; says what does not
#
# Settings: BUILD (default build/dev), SHARDS (12), KEEP=1 keeps the world's folder.
set -uo pipefail
# shellcheck source=deploy/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../deploy/lib.sh"
# shellcheck source=tests/support/ports.sh
. "$ROOT/tests/support/ports.sh"
# shellcheck source=tests/support/checks.sh
. "$ROOT/tests/support/checks.sh"
# shellcheck source=tests/support/memory.sh
. "$ROOT/tests/support/memory.sh"

if [ -z "${TEST_DATABASE_URL:-}" ]; then
    exec "$ROOT/tests/support/servers" "$0" "$@"
fi

BUILD=${BUILD:-$ROOT/build/dev}
SHARDS=${SHARDS:-12}
RUN_USER=$(id -un) # services run as the caller: their binaries may lie below /root
READY_LIMIT=60
STATUS='' BODY='' HEADERS='' ORDER_ID=''

world_end() {
    local file
    trap '' INT TERM
    for file in "$PIDS"/*.pid; do
        [ ! -e "$file" ] || daemon_stop "$(basename "$file" .pid)" KILL 5
    done
    memory_end
    checks_end
    if [ "$FAILED" -gt 0 ]; then
        for file in "$LOGS"/*.log; do
            [ -e "$file" ] || continue
            printf -- '---- end of %s\n' "$(basename "$file")"
            tail -n 15 "$file"
        done
    fi
    if [ -z "${KEEP:-}" ]; then
        sql_as postgres "DROP DATABASE IF EXISTS $WORLD WITH (FORCE)" >/dev/null 2>&1
        rm -rf "$WORLD_DIR"
    fi
    checks_report
}

# ---- the world -----------------------------------------------------------------------------

# Worlds are numbered in the servers' folder; the number is the logical Redis database, too.
world_begin() {
    local name
    name=$(basename "$0" | tr -c 'a-z0-9\n' _)
    mkdir -p "$DATA/worlds"
    exec 9>"$DATA/worlds/lock"
    flock 9
    WORLD_NUMBER=$(($(cat "$DATA/worlds/count" 2>/dev/null || echo 0) + 1))
    printf '%s\n' "$WORLD_NUMBER" >"$DATA/worlds/count"
    exec 9>&-
    WORLD=w${WORLD_NUMBER}_${name}
    WORLD_DIR=$DATA/worlds/$WORLD
    REDIS_DB=$(((WORLD_NUMBER - 1) % 63 + 1))
    PIDS=$WORLD_DIR/run
    LOGS=$WORLD_DIR/log
    mkdir -p "$PIDS" "$LOGS"
    trap world_end EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    load_secrets
    {
        token_line "$TOKEN_CUSTOMER" customer demo
        token_line "$TOKEN_AGENT" agent e2e-agent
        token_line "$TOKEN_PAYMENT" payment e2e-payment
        token_line "$TOKEN_FULFILMENT" fulfilment e2e-fulfilment
        token_line "$TOKEN_OPERATOR" operator e2e-operator
    } >"$WORLD_DIR/tokens"
    sql_as postgres "CREATE DATABASE $WORLD OWNER orderspine_owner" >/dev/null
    redis FLUSHDB >/dev/null
}

# A URL of `deploy/servers env` moved to the world's database.
world_url() { printf '%s/%s\n' "${1%/*}" "$2"; }

sql_as() { psql -X -q -At -v ON_ERROR_STOP=1 -d "$(world_url "$PG_SUPERUSER_URL" "$1")" -c "$2"; }
sql() { sql_as "$WORLD" "$1"; }

redis() {
    REDISCLI_AUTH=$REDIS_ADMIN_PASSWORD redis-cli --no-auth-warning --user admin \
        -p "$(port REDIS)" -n "$REDIS_DB" "$@"
}

topic() { printf '%s.%s.events\n' "$WORLD" "$1"; }

# ---- services ------------------------------------------------------------------------------

kind_of() { printf '%s\n' "${1%%[0-9]*}"; }

binary_of() { printf '%s/%s-svc/%s-svc\n' "$BUILD" "$1" "$1"; }

# The settings of one kind of service in this world.
settings_of() {
    printf 'AUTH_TOKENS_FILE=%s\n' "$WORLD_DIR/tokens"
    case $1 in
    command)
        printf 'DATABASE_URL=%s\n' "$(world_url "$PG_COMMAND_URL" "$WORLD")"
        ;;
    relay)
        printf 'DATABASE_URL=%s\n' "$(world_url "$PG_RELAY_URL" "$WORLD")"
        printf 'KAFKA_BROKERS=%s\nTOPIC_PREFIX=%s\n' "$KAFKA_BROKERS" "$WORLD."
        ;;
    projector)
        printf 'REDIS_URL=%s\n' "$(world_url "$REDIS_PROJECTOR_URL" "$REDIS_DB")"
        printf 'REDIS_QUERY_URL=%s\n' "$(world_url "$REDIS_VIEWER_URL" "$REDIS_DB")"
        printf 'KAFKA_BROKERS=%s\nTOPIC_PREFIX=%s\n' "$KAFKA_BROKERS" "$WORLD."
        printf 'PROJECTOR_GROUP=%s\n' "$WORLD" # one killed in another world blocks its own group
        ;;
    esac
}

migrate() {
    (
        clean_env "DATABASE_URL=$(world_url "$PG_OWNER_URL" "$WORLD")"
        exec "$(binary_of command)" migrate --shards "$SHARDS" "$@"
    ) >>"$LOGS/migrate.log" 2>&1
}

# A service keeps its port over a restart, as clients do not follow it elsewhere.
service_port() {
    local file=$PIDS/$1.port
    [ -e "$file" ] || free_port >"$file"
    cat "$file"
}

service_url() { printf 'http://127.0.0.1:%s\n' "$(service_port "$1")"; }
service_log() { printf '%s\n' "$LOGS/$1.log"; }
service_pid() { daemon_pid "$1"; }
service_gone() { daemon_is_gone "$1"; }

service_launch() {
    local name=$1 kind
    local -a settings
    shift
    kind=$(kind_of "$name")
    mapfile -t settings < <(settings_of "$kind")
    settings+=("LISTEN_PORT=$(service_port "$name")" "$@")
    (
        [ -z "${MEMORY:-}" ] || memory_enter "$name" "$MEMORY" || note "$name: no memory cgroup"
        clean_env "${settings[@]}"
        # shellcheck disable=SC2086 # an option or none
        daemon_start "$name" "$(binary_of "$kind")" serve ${HALF:-}
    )
}

service_ready() {
    [ "$(curl -s -m 5 -o /dev/null -w '%{http_code}' "$(service_url "$1")/readyz")" = 200 ]
}

service_start() {
    local limit=$((SECONDS + READY_LIMIT))
    service_launch "$@"
    until service_ready "$1"; do
        if service_gone "$1"; then
            note "$1 ended while starting"
            return 1
        fi
        if [ "$SECONDS" -ge "$limit" ]; then
            note "$1 is not ready after $READY_LIMIT s"
            return 1
        fi
        sleep 0.1
    done
}

service_stop() {
    local pid
    pid=$(daemon_pid "$1") || return 1
    kill -s TERM "$pid"
    wait_until 30 service_gone "$1"
}

service_kill() {
    local pid
    pid=$(daemon_pid "$1") || return 0
    kill -s KILL "$pid"
    wait_until 10 service_gone "$1"
}

# The row of the README's table whose decision has these words, its letters replaced.
way_out() {
    local words=$1 text letter
    shift
    # shellcheck disable=SC2016 # the marks of code in Markdown
    text=$(sed -n '/^### How a stop ends/,/^## /p' "$ROOT/relay-svc/README.md" |
        grep -F "$words" | sed 's/.*| `\(.*\)` |$/\1/')
    for letter in "$@"; do
        # shellcheck disable=SC2001 # whole words only
        text=$(sed "s/\b${letter%%=*}\b/${letter#*=}/g" <<<"$text")
    done
    [ -n "$text" ] && sql "$text"
}

relay_cli() {
    (
        clean_env "DATABASE_URL=$(world_url "$PG_RELAY_URL" "$WORLD")"
        exec "$(binary_of relay)" "$@"
    )
}

# projector_cli SUBCOMMAND [NAME=VALUE...]: as the reader of PostgreSQL and the viewer of Redis.
projector_cli() {
    local -a settings words=()
    mapfile -t settings < <(settings_of projector)
    while [ $# -gt 0 ]; do
        case $1 in
        [A-Z]*=*) settings+=("$1") ;;
        *) words+=("$1") ;;
        esac
        shift
    done
    (
        clean_env "${settings[@]}" "DATABASE_URL=$(world_url "$PG_READER_URL" "$WORLD")"
        exec "$(binary_of projector)" "${words[@]}"
    )
}

way_on() {
    local -a words
    read -ra words < <(curl -s -m 5 "$(service_url "${1:-relay}")/readyz" |
        jq -r '.checks[] | select(.name == "publishing") | .detail' |
        grep -o 'relay-svc resume .* --reason')
    note "${words[*]} test"
    [ "${#words[@]}" -gt 2 ] && relay_cli "${words[@]:1}" test
}

trio_start() {
    need "the database is migrated" migrate
    need "command-svc starts" service_start command
    need "relay-svc starts" service_start relay
    need "projector-svc starts" service_start projector
}

trio_stop() {
    check "command-svc stops when asked" service_stop command
    check "relay-svc stops when asked" service_stop relay
    check "projector-svc stops when asked" service_stop projector
}

# ---- servers -------------------------------------------------------------------------------

server_stop() { "$ROOT/deploy/servers" stop "$@"; }
server_start() { "$ROOT/deploy/servers" start "$@"; }

# PostgreSQL is many processes: its sessions go on when the postmaster is paused.
server_pids() {
    local pid
    pid=$("$ROOT/deploy/servers" pid "$1") || return 1
    printf '%s\n' "$pid"
    children_of "$pid"
}

# Looking for them takes long on a busy machine, and a pause is to end when a test says so.
declare -A PAUSED=()
# shellcheck disable=SC2086
server_pause() { PAUSED[$1]=$(server_pids "$1") && kill -s STOP ${PAUSED[$1]}; }
# shellcheck disable=SC2086
server_resume() { kill -s CONT ${PAUSED[$1]}; }

# ---- HTTP ----------------------------------------------------------------------------------

token_of() {
    local name=TOKEN_${1^^}
    printf '%s\n' "${!name}"
}

# request ROLE URL [curl options]
request() {
    local role=$1 url=$2
    local -a auth=()
    shift 2
    [ "$role" = none ] || auth=(-H "Authorization: Bearer $(token_of "$role")")
    rm -f "$WORLD_DIR/headers" "$WORLD_DIR/body"
    touch "$WORLD_DIR/headers" "$WORLD_DIR/body"
    STATUS=$(curl -s -m 30 -D "$WORLD_DIR/headers" -o "$WORLD_DIR/body" -w '%{http_code}' \
        "${auth[@]}" "$@" "$url")
    BODY=$(tr -d '\0' <"$WORLD_DIR/body")
    HEADERS=$(tr -d '\r' <"$WORLD_DIR/headers")
    [ "$STATUS" != 000 ]
}

header() { printf '%s\n' "$HEADERS" | sed -n "s/^$1: *//Ip" | head -n 1; }

post() {
    local role=$1 path=$2 key=$3 body=$4
    shift 4
    request "$role" "$(service_url "${VIA:-command}")$path" -H 'Content-Type: application/json' \
        -H "Idempotency-Key: $key" --data-binary "$body" "$@"
}

get() {
    local role=$1 path=$2
    shift 2
    request "$role" "$(service_url "${VIA:-projector}")$path" "$@"
}

seed_shop() {
    local skus=${1:-3} stock=${2:-1000000} i
    post agent /v1/customers seed-customer '{"customer_id":"demo","name":"Demo Customer",
        "email":"demo@example.org","phone":"+44 20 7946 0000"}'
    for ((i = 1; i <= skus; i++)); do
        post agent /v1/products "seed-product-$i" "{\"sku\":\"sku-$i\",\"name\":\"Product $i\",
            \"unit_price_minor\":$((i * 100)),\"currency\":\"GBP\"}"
        post agent "/v1/products/sku-$i/receive-stock" "seed-stock-$i" "{\"quantity\":$stock}"
    done
    check "the shop has a customer and $skus products" equals "$STATUS" 200
}

# order_body SKU QUANTITY: what place_order sends.
order_body() {
    printf '{"customer_id":"demo","currency":"GBP","lines":[{"sku":"%s","quantity":%s}],
        "shipping_address":{"name":"Demo Customer","line1":"1 High Street","city":"London",
        "postal_code":"N1 1AA","country":"GB"},
        "payment":{"provider":"demo","method":"card"}}' "$1" "$2"
}

place_order() {
    post "${4:-customer}" /v1/orders "$1" "$(order_body "${2:-sku-1}" "${3:-1}")"
    # shellcheck disable=SC2034 # for the test
    ORDER_ID=$(jq -r '.aggregate.id // empty' <<<"$BODY" 2>/dev/null)
}

# ---- stations ------------------------------------------------------------------------------

# A topic that is not there yet has no records.
records() {
    kcat -q -C -e -o beginning -b "$KAFKA_BROKERS" -t "$1" -X check.crcs=true \
        -f '%k\t%h\t%p\t%o\n' 2>/dev/null | awk -F '\t' -v OFS='\t' '{
            version = id = ""
            count = split($2, pair, ",")
            for (i = 1; i <= count; i++) {
                if (pair[i] ~ /^ce_aggregateversion=/) version = substr(pair[i], 21)
                if (pair[i] ~ /^ce_id=/) id = substr(pair[i], 7)
            }
            print $1, version, id, $3, $4
        }'
}

view_has_version() {
    local version
    version=$(redis HGET "order:$1" source_version)
    [ "${version:-0}" -ge "$2" ]
}

# published_fits TYPE...: each record fits its schema, and there is one of each type.
published_fits() {
    local said status=0
    said=$("$ROOT/tests/support/published_fits" "$WORLD." "$@") || status=1
    note "$said"
    return "$status"
}

# everything_agrees: for every order, the versions in the outbox are 1 … n, Kafka's first
# occurrences are the same events in that order, and Redis holds the row's version and state.
everything_agrees() {
    local out=$WORLD_DIR/agree
    mkdir -p "$out"
    outbox_is_dense && kafka_equals_outbox "$out" && redis_equals_rows "$out"
}

outbox_is_dense() {
    local odd
    odd=$(sql 'SELECT aggregatetype, aggregateid, count(*), max(aggregateversion) FROM outbox
                GROUP BY 1, 2
               HAVING count(*) <> max(aggregateversion)
                   OR count(*) <> count(DISTINCT aggregateversion) LIMIT 3')
    [ -z "$odd" ] || {
        note "the outbox is not dense: $odd"
        return 1
    }
}

kafka_equals_outbox() {
    local out=$1 type
    for type in order customer product stock; do
        sql "SELECT aggregateid, aggregateversion, id FROM outbox
              WHERE aggregatetype = '$type' ORDER BY 1, 2" | tr '|' '\t' |
            LC_ALL=C sort >"$out/outbox.$type"
        records "$(topic "$type")" >"$out/kafka.$type.all"
        awk -F '\t' '!($1 in last) || $2 == last[$1] + 1 { last[$1] = $2; print $1 "\t" $2 "\t" $3; next }
                     $2 > last[$1] { print $1 "\tgap before\t" $2 }' "$out/kafka.$type.all" |
            LC_ALL=C sort >"$out/kafka.$type"
        cmp -s "$out/outbox.$type" "$out/kafka.$type" || {
            note "outbox (<) and Kafka (>) differ for $type:" \
                "$(diff "$out/outbox.$type" "$out/kafka.$type" | head -n 3 | tr '\n' ' ')"
            return 1
        }
    done
}

redis_equals_rows() {
    local out=$1 id
    sql "SELECT order_id, o.version, o.status, p.status, o.refund_state, o.dispute,
         array_to_string(o.risk_flags, ',') FROM orders o
         JOIN payment p USING (order_id)" >"$out/unsorted" || return 1
    LC_ALL=C sort "$out/unsorted" >"$out/rows"
    cut -d '|' -f 1 "$out/rows" | while read -r id; do
        printf 'HMGET order:%s source_version status payment_status refund_state dispute risk_flags\n' "$id"
    done | redis | paste -d '|' - - - - - - >"$out/views"
    cut -d '|' -f 1 "$out/rows" | paste -d '|' - "$out/views" >"$out/redis"
    cmp -s "$out/rows" "$out/redis" || {
        note "rows (<) and Redis (>) differ:" \
            "$(diff "$out/rows" "$out/redis" | head -n 3 | tr '\n' ' ')"
        return 1
    }
}

world_begin
