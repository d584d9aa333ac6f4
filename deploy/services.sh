# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# services.sh - our three services as deploy/up runs them: settings, start, stop, status. Needs
# lib.sh.

SERVICES=(command relay projector)
declare -A SERVICE_PORT=([command]=COMMAND [relay]=RELAY [projector]=QUERY)
READY_LIMIT=60

service_url() { printf 'http://127.0.0.1:%s\n' "$(port "${SERVICE_PORT[$1]}")"; }

# Who may call, as sha256 sums; the tokens themselves are in var/env. Each service has a copy that no
# other reads.
write_tokens() {
    local name
    for name in "${SERVICES[@]}"; do
        {
            token_line "$TOKEN_CUSTOMER" customer demo
            token_line "$TOKEN_AGENT" agent demo-agent
            token_line "$TOKEN_PAYMENT" payment demo-payment
            token_line "$TOKEN_FULFILMENT" fulfilment demo-fulfilment
            token_line "$TOKEN_OPERATOR" operator demo-operator
        } | private_file "$name-svc" "$SERVERS/$name-svc/tokens"
    done
}

ROLES=(CUSTOMER AGENT PAYMENT FULFILMENT OPERATOR)

# The addresses for people and programs: `. var/env`. AS_<ROLE> names a file with the header that a
# client sends, as in `curl -H @"$AS_AGENT"`: a command line is for all to see.
write_env() {
    local role token
    (
        umask 077
        mkdir -p "$DATA/as"
        for role in "${ROLES[@]}"; do
            token=TOKEN_$role
            printf 'Authorization: Bearer %s\n' "${!token}" >"$DATA/as/${role,,}"
        done
        {
            cat <<END
DATABASE_URL=$(pg_url reader "$PG_READER_PASSWORD")
KAFKA_BROKERS=127.0.0.1:$(port KAFKA)
REDIS_URL=$(redis_url operator "$REDIS_OPERATOR_PASSWORD")
COMMAND_URL=$(service_url command)
RELAY_URL=$(service_url relay)
QUERY_URL=$(service_url projector)
END
            for role in "${ROLES[@]}"; do
                token=TOKEN_$role
                printf 'TOKEN_%s=%s\nAS_%s=%q\n' "$role" "${!token}" "$role" "$DATA/as/${role,,}"
            done
        } >"$DATA/env"
    )
}

# Services run from a copy: it can be reached by their users, and a new build does not disturb them.
install_binary() {
    local built=$ROOT/build/release/$1-svc/$1-svc copy=$SERVERS/bin/$1-svc
    own_folder "$SERVERS/bin"
    if ! cmp -s "$built" "$copy"; then
        rm -f "$copy"
        install -m 0755 "$built" "$copy"
    fi
}

migrate() {
    local log=$LOGS/migrate.log written
    install_binary command
    written=$(stat -c %s "$log" 2>/dev/null || echo 0)
    if ! (
        clean_env "DATABASE_URL=$(pg_url orderspine_owner "$PG_OWNER_PASSWORD")"
        cd /
        as_process command-svc "$SERVERS/bin/command-svc" migrate --shards 12
    ) >>"$log" 2>&1; then
        tail -c "+$((written + 1))" "$log" | tail -n 20 >&2
        if tail -c "+$((written + 1))" "$log" | grep -q 'differs from what this database'; then
            warn "the database in $DATA was made by another version of this checkout: go on with" \
                "that one, or give the data up with deploy/down --purge"
        fi
        die "the migration failed; its log is $log"
    fi
}

# AUTH_JWT_* are the caller's, all else is ours.
service_settings() {
    local name
    printf 'LISTEN_PORT=%s\nAUTH_TOKENS_FILE=%s\n' "$(port "${SERVICE_PORT[$1]}")" \
        "$SERVERS/$1-svc/tokens"
    for name in $(compgen -e AUTH_JWT_); do
        printf '%s=%s\n' "$name" "${!name}"
    done
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
    claim_port "${SERVICE_PORT[$name]}"
    (
        clean_env "${settings[@]}"
        daemon_start "$name-svc" "$SERVERS/bin/$name-svc" serve
    )
}

service_is_ready() { curl -s -f -m 5 -o /dev/null "$(service_url "$1")/readyz"; }

# Each waits for what it lacks, but one after the other is quicker: topics are made by relay-svc, and
# a projector that looked before sees them some seconds later only.
services_start() {
    local name
    for name in "${SERVICES[@]}"; do
        if ! daemon_runs "$name-svc"; then
            service_start "$name"
        fi
        daemon_await "$name-svc" $READY_LIMIT service_is_ready "$name"
        remember_ports "${SERVICE_PORT[$name]}"
    done
}

services_stop() {
    local name
    for name in "${SERVICES[@]}"; do
        if daemon_runs "$name-svc"; then
            say "stopping $name-svc"
        fi
        daemon_stop "$name-svc" TERM 30
    done
}

# ---- deploy/up --status --------------------------------------------------------------------

# False when one of the six does not run.
status() {
    local name pid all=0
    [ -e "$DATA/secrets" ] || die "nothing was started in $DATA yet; deploy/up does"
    [ -r "$DATA/secrets" ] || die "$DATA belongs to $(stat -c %U "$DATA/secrets"); only they may look"
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
    PGPASSWORD=$PG_READER_PASSWORD PGHOST=127.0.0.1 PGPORT=$(port PG) PGUSER=reader \
        PGDATABASE=orderspine psql "$@"
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

# Marks follow what Kafka acknowledged by up to half a second, so a look that finds something is
# followed by another one.
status_positions() {
    local table
    if daemon_is_gone postgres && { daemon_is_gone kafka || daemon_is_gone redis; }; then
        return # nobody knows
    fi
    table=$(positions)
    if [[ $table != *$'\n'"0 events beyond the positions, 0 not yet projected" ]]; then
        sleep 1
        table=$(positions)
    fi
    printf '\n%s\n' "$table"
}

# Per shard: the relay's position and the events beyond it; per partition: what is not yet projected.
# As far as the servers run.
positions() {
    {
        ! daemon_runs postgres ||
            reader_psql -X -q -At -F ' ' -c "SELECT 'shard', s.shard, s.position, coalesce(count(o.seq), 0)
                           FROM (SELECT n AS shard, coalesce(position, 0) AS position
                                   FROM installation, generate_series(0, shards - 1) n
                                   LEFT JOIN relay_shard ON shard = n) s
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
            printf "%-6s %12s %12s", "shard", "position", "beyond it"
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
