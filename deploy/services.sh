# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# services.sh - our three services as deploy/up runs them: settings, start, stop, status. Needs
# lib.sh.

SERVICES=(command relay projector)
declare -A SERVICE_PORT=([command]=COMMAND [relay]=RELAY [projector]=QUERY)
READY_LIMIT=60

service_url() { printf 'http://127.0.0.1:%s\n' "$(port "${SERVICE_PORT[$1]}")"; }

# Who may call, as sha256 sums; the tokens themselves are in var/env.
write_tokens() {
    {
        token_line "$TOKEN_CUSTOMER" customer demo
        token_line "$TOKEN_AGENT" agent demo-agent
        token_line "$TOKEN_PAYMENT" payment demo-payment
        token_line "$TOKEN_FULFILMENT" fulfilment demo-fulfilment
        token_line "$TOKEN_OPERATOR" operator demo-operator
    } | private_file "$SERVERS/tokens"
}

# The addresses for people and programs: `. var/env`.
write_env() {
    (
        umask 077
        cat >"$DATA/env" <<END
DATABASE_URL=$(pg_url reader "$PG_READER_PASSWORD")
KAFKA_BROKERS=127.0.0.1:$(port KAFKA)
REDIS_URL=$(redis_url operator "$REDIS_OPERATOR_PASSWORD")
COMMAND_URL=$(service_url command)
RELAY_URL=$(service_url relay)
QUERY_URL=$(service_url projector)
TOKEN_CUSTOMER=$TOKEN_CUSTOMER
TOKEN_AGENT=$TOKEN_AGENT
TOKEN_PAYMENT=$TOKEN_PAYMENT
TOKEN_FULFILMENT=$TOKEN_FULFILMENT
TOKEN_OPERATOR=$TOKEN_OPERATOR
END
    )
}

# Services run from a copy: it can be reached by their user, and a new build does not disturb them.
install_binary() {
    as_user mkdir -p "$SERVERS/bin"
    rm -f "$SERVERS/bin/$1-svc"
    install -m 0755 "$ROOT/build/release/$1-svc/$1-svc" "$SERVERS/bin/"
}

migrate() {
    local binary=$ROOT/build/release/command-svc/command-svc
    if ! (
        clean_env "DATABASE_URL=$(pg_url orderspine_owner "$PG_OWNER_PASSWORD")"
        exec "$binary" migrate --shards 12
    ) >>"$LOGS/migrate.log" 2>&1; then
        tail -n 20 "$LOGS/migrate.log" >&2
        die "the migration failed; its log is $LOGS/migrate.log"
    fi
}

service_settings() {
    printf 'LISTEN_PORT=%s\nAUTH_TOKENS_FILE=%s\n' "$(port "${SERVICE_PORT[$1]}")" "$SERVERS/tokens"
    case $1 in
    command)
        printf 'DATABASE_URL=%s\n' "$(pg_url command_svc "$PG_COMMAND_PASSWORD")"
        printf 'COMMAND_QUERY_URL=%s\n' "$(service_url projector)"
        ;;
    relay)
        printf 'DATABASE_URL=%s\n' "$(pg_url relay_svc "$PG_RELAY_PASSWORD")"
        printf 'KAFKA_BROKERS=127.0.0.1:%s\n' "$(port KAFKA)"
        ;;
    projector)
        printf 'REDIS_URL=%s\n' "$(redis_url projector "$REDIS_PROJECTOR_PASSWORD")"
        printf 'REDIS_QUERY_URL=%s\n' "$(redis_url viewer "$REDIS_VIEWER_PASSWORD")"
        printf 'KAFKA_BROKERS=127.0.0.1:%s\n' "$(port KAFKA)"
        ;;
    esac
}

service_start() {
    local name=$1
    local -a settings
    mapfile -t settings < <(service_settings "$name")
    install_binary "$name"
    (
        clean_env "${settings[@]}"
        daemon_start "$name-svc" "$SERVERS/bin/$name-svc" serve
    )
}

service_is_ready() { curl -s -f -m 5 -o /dev/null "$(service_url "$1")/readyz"; }

services_start() {
    local name
    for name in "${SERVICES[@]}"; do
        daemon_runs "$name-svc" || service_start "$name"
    done
    for name in "${SERVICES[@]}"; do
        daemon_await "$name-svc" $READY_LIMIT service_is_ready "$name"
    done
}

services_stop() {
    local name
    for name in "${SERVICES[@]}"; do
        daemon_stop "$name-svc" TERM 30
    done
}

# ---- deploy/up --status --------------------------------------------------------------------

# False when one of the six does not run.
status() {
    local name pid all=0
    [ -r "$DATA/secrets" ] || die "nothing was started in $DATA yet; deploy/up does"
    load_secrets
    "$ROOT/deploy/servers" status || all=1
    for name in "${SERVICES[@]}"; do
        if pid=$(daemon_pid "$name-svc"); then
            printf '%-14s %-8s pid %-8s port %-6s %5d MiB\n' "$name-svc" \
                "$(service_is_ready "$name" && echo ready || echo 'not ready')" "$pid" \
                "$(port "${SERVICE_PORT[$name]}")" "$(($(resident_kib "$pid") / 1024))"
        else
            printf '%-14s stopped\n' "$name-svc"
            all=1
        fi
    done
    status_positions
    return $all
}

reader_psql() {
    PGPASSWORD=$PG_READER_PASSWORD psql -X -q -At -F ' ' -h 127.0.0.1 -p "$(port PG)" -U reader \
        -d orderspine -c "$1"
}

operator_redis() {
    REDISCLI_AUTH=$REDIS_OPERATOR_PASSWORD redis-cli --no-auth-warning --user operator \
        -p "$(port REDIS)" "$@"
}

# "topic partition offset" of every partition's end.
kafka_ends() {
    local broker topic partition
    local -a wanted=()
    broker=127.0.0.1:$(port KAFKA)
    while read -r topic partition; do
        wanted+=(-t "$topic:$partition:-1")
    done < <(kcat -L -J -b "$broker" |
        jq -r '.topics[] | select(.topic | endswith(".events")) | .topic as $t
               | .partitions[] | "\($t) \(.partition)"')
    [ ${#wanted[@]} -gt 0 ] || return 0
    kcat -q -Q -b "$broker" "${wanted[@]}" | sed 's/^\(.*\) \[\([0-9]*\)\] offset \(-*[0-9]*\)$/\1 \2 \3/'
}

# Per shard: the relay's position, which follows what Kafka acknowledged by up to half a second, and
# the events beyond it; per partition: what is not yet projected. As far as the servers run.
status_positions() {
    {
        ! daemon_runs postgres ||
            reader_psql "SELECT 'shard', s.shard, s.position, coalesce(count(o.seq), 0)
                           FROM relay_shard s
                           LEFT JOIN outbox o ON o.shard = s.shard AND o.seq > s.position
                          GROUP BY 1, 2, 3 ORDER BY 2"
        ! daemon_runs kafka || ! daemon_runs redis || {
            kafka_ends | sed 's/^/end /'
            operator_redis HGETALL projection:position | paste -d ' ' - - |
                sed -n 's|^\(.*\)/\([0-9]*\) \([0-9]*\)$|next \1 \2 \3|p'
        }
    } | awk '
        $1 == "shard" { position[$2] = $3; unsent[$2] = $4; waiting += $4; shards = $2 + 1 }
        $1 == "end"   { end[$2, $3] = $4; topic[$2] = 1 }
        $1 == "next"  { done[$2, $3] = $4 }
        END {
            printf "\n%-6s %12s %12s", "shard", "position", "beyond it"
            for (t in topic) printf "  %22s", t " end/lag"
            print ""
            for (s = 0; s < shards; s++) {
                printf "%-6d %12d %12d", s, position[s], unsent[s]
                for (t in topic) {
                    lag = end[t, s] - done[t, s]
                    behind += lag
                    printf "  %22s", end[t, s] "/" lag
                }
                print ""
            }
            printf "%s events beyond the positions, %s not yet projected\n",
                shards ? waiting : "?", length(topic) ? behind : "?"
        }'
}
