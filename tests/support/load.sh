# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# load.sh - a load of commands in the background of an end-to-end test, and the check afterwards
# that nothing was lost, doubled or reordered. Source it after e2e.sh.
#
#     load_start [load.py's options]   to LOAD_VIA ("command" unless set; several names are fine)
#     load_kill NAME [SIGNAL]          SIGKILL to a service; prints what was in flight
#     load_await NAME SECONDS          for a service that is about to end by itself
#     load_progresses [COMMANDS]       waits until that many more (20) have been answered
#     load_had_twins                   with --twins: was a key refused that another command had?
#     load_stop                        no new commands; waits for the answers of the others
#     load_check [load_check.py's options]   counts each promise as a check; replays via LOAD_VIA
#
# One journal per world: a second load_start adds to it.
# shellcheck disable=SC2119

LOAD_VIA=${LOAD_VIA:-command}
LOAD_JOURNAL=$WORLD_DIR/load.journal
LOAD_PID=''
LOAD_ENV=(TOKEN_AGENT="$TOKEN_AGENT" TOKEN_PAYMENT="$TOKEN_PAYMENT"
    TOKEN_FULFILMENT="$TOKEN_FULFILMENT" TOKEN_CUSTOMER="$TOKEN_CUSTOMER"
    LOAD_DATABASE_URL="$(world_url "$PG_SUPERUSER_URL" "$WORLD")"
    LOAD_BROKERS="$KAFKA_BROKERS" LOAD_TOPIC_PREFIX="$WORLD."
    LOAD_REDIS="127.0.0.1:$(port REDIS)" LOAD_REDIS_PASSWORD="$REDIS_ADMIN_PASSWORD"
    LOAD_REDIS_DB="$REDIS_DB")

# load_tool FILE ARGUMENTS...
load_tool() { env "${LOAD_ENV[@]}" python3 -B "$ROOT/tests/support/$1" "${@:2}"; }

load_urls() {
    local name
    for name in $LOAD_VIA; do
        service_url "$name"
    done
}

# shellcheck disable=SC2120
load_start() {
    local -a urls
    mapfile -t urls < <(load_urls)
    touch "$LOAD_JOURNAL"
    env "${LOAD_ENV[@]}" python3 -B "$ROOT/tests/support/load.py" send "$LOAD_JOURNAL" "$@" \
        "${urls[@]}" &
    LOAD_PID=$!
}

load_answered() { grep -c '"final"' "$LOAD_JOURNAL"; }

load_has_answered() { [ "$(load_answered)" -ge "$1" ]; }

load_had_twins() { grep -q '"result": 422' "$LOAD_JOURNAL"; }

# shellcheck disable=SC2120
load_progresses() {
    wait_until "${LOAD_LIMIT:-60}" load_has_answered $(($(load_answered) + ${1:-20}))
}

load_kill() { load_tool load.py kill "$LOAD_JOURNAL" "$(service_pid "$1")" "$1" "${2:-KILL}"; }

load_await() {
    local pid
    pid=$(cut -d ' ' -f 1 "$PIDS/$1.pid")
    load_tool load.py await "$LOAD_JOURNAL" "$pid" "${3:-$1}" "$2" "$(service_log "$1")"
}

load_has_ended() { ! kill -0 "$LOAD_PID" 2>/dev/null; }

# One that does not end says where its threads are.
load_stop() {
    local status=0
    [ -n "$LOAD_PID" ] || return 0
    kill -s TERM "$LOAD_PID" 2>/dev/null
    wait_until 300 load_has_ended || kill -s ABRT "$LOAD_PID"
    wait "$LOAD_PID" || status=$?
    LOAD_PID=''
    return "$status"
}

# shellcheck disable=SC2120
load_check() {
    local line out=$WORLD_DIR/load.check
    load_tool load_check.py "$@" "$LOAD_JOURNAL" >"$out" 2>&1 || true
    cat "$out"
    line=$(grep -c '^ok ' "$out")
    PASSED=$((PASSED + line))
    line=$(grep -c '^FAIL ' "$out")
    FAILED=$((FAILED + line))
    check "nothing was lost, doubled or reordered" load_check_is_whole "$out"
}

# A check that broke off in the middle has proved nothing.
load_check_is_whole() { tail -n 1 "$1" | grep -q '^ *all promises kept$'; }

# ---- killing at fault points ---------------------------------------------------------------

# fault_points KIND: the names in the sources, so that a new one is covered by itself.
fault_points() {
    grep -rhoE "FAULT_POINT\(\"$1\.[a-z_]+\"\)" "$ROOT/common" "$ROOT/$1-svc" \
        --include='*.c' --include='*.h' | sed 's/.*"\(.*\)".*/\1/' | sort -u
}

# What spares the next one a wait that a test is not about. A projector killed blocks its consumer group until
# its session has run out: the next one comes with another group; positions are in Redis, not there. A
# relay killed keeps its shards until its leases have run out: they are short.
back_soon() {
    case $(kind_of "$1") in
    projector) printf 'PROJECTOR_GROUP=%s-%s\n' "$WORLD" "$EPOCHREALTIME" ;;
    relay) printf 'RELAY_LEASE=2s\n' ;;
    esac
}

# The next start begins a log of its own.
log_is_kept_apart() {
    cat "$1" >>"$1.before"
    : >"$1"
}

# kill_at KIND POINT [HIT [MORE_PLAN [PROVOKE]]]: restarts the service so that it kills itself there,
# sees that it did, and starts it again. What mere load does not bring about, a plan for other
# points or a command, given the kind, does.
kill_at() {
    local kind=$1 point=$2 hit=${3:-1} plan=${4:+$4,} provoke=${5:-true} log
    log=$(service_log "$kind")
    service_stop "$kind" || return
    log_is_kept_apart "$log"
    # shellcheck disable=SC2046
    service_launch "$kind" FAULT_PLAN="$plan$point@$hit=kill" $(back_soon "$kind")
    $provoke "$kind" || return
    load_await "$kind" 60 "$point@$hit" || return
    contains "$(cat "$log")" "fault point $point: killing" || return
    # shellcheck disable=SC2046
    service_start "$kind" $(back_soon "$kind") && load_progresses
}

# is_value KIND POINT: can it fail there (the action error), or is it just a place to die?
is_value() { grep -rqE "(^|[^)])FAULT_POINT\(\"${2//./\\.}\"\)" "$ROOT/common" "$ROOT/$1-svc"; }

# fail_at KIND POINT [HIT]: the same with an error; the service stays and goes on by itself.
fail_at() {
    local kind=$1 point=$2 hit=${3:-1} log
    log=$(service_log "$kind")
    service_stop "$kind" || return
    log_is_kept_apart "$log"
    # shellcheck disable=SC2046
    service_start "$kind" FAULT_PLAN="$point@$hit=error" $(back_soon "$kind") || return
    wait_until 60 grep -q "fault point $point: failing" "$log" || return
    load_progresses && wait_until 30 service_ready "$kind"
}
