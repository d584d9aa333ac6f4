# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# lib.sh - what the tests of deploy/compose.yaml share: an engine with a base image, the deployment, its load and
# the watch over its views. The test sets PROJECT first, calls `begin`, and ends with `finish`.
#
# Where no Docker engine answers it starts one of its own, which root can, with Debian's docker.io and
# a base image made by debootstrap. A machine that cannot run containers says why and skips all of it;
# with REQUIRE_CONTAINERS=1 that is a failure. KEEP=1 keeps engine and images for the next run.
# shellcheck source=deploy/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../deploy/lib.sh"
# shellcheck source=tests/support/ports.sh
. "$ROOT/tests/support/ports.sh"
# shellcheck source=tests/support/checks.sh
. "$ROOT/tests/support/checks.sh"

WORK=${TMPDIR:-/tmp}/$PROJECT
CHECKOUT=$ROOT # whose files are up
BASE=debian:trixie-slim
# shellcheck disable=SC2034 # for the tests
READY_LIMIT=300 # seconds; ten times what it takes on an idle machine
FILES=(-f deploy/compose.yaml -f deploy/compose.debian.yaml)
SERVERS_AND_SERVICES=(postgres kafka redis command-svc relay-svc projector-svc)
OURS=(command-svc relay-svc projector-svc)
ENGINE='' LOAD='' WATCH=''

# ---- engine --------------------------------------------------------------------------------

# Debian's client: another one on the PATH may be newer than the engine.
export PATH=/usr/bin:$PATH

compose() {
    (cd "$CHECKOUT" && docker-compose -p "$PROJECT" "${FILES[@]}" "$@")
}

# skip REASON: not a failure, unless the caller says that containers are a must.
skip() {
    FINISHED=yes
    if [ "${REQUIRE_CONTAINERS:-}" = 1 ]; then
        check "this machine can run containers: $1" false
        exit 1
    fi
    printf 'SKIP  no containers here: %s\n' "$1"
    exit 0
}

engine_answers() { docker info >/dev/null 2>&1; }

engine_start() {
    mkdir -p "$WORK"
    export DOCKER_HOST=unix://$WORK/engine.sock
    engine_answers && return
    setsid dockerd --data-root "$WORK/data" --exec-root "$WORK/exec" --pidfile "$WORK/engine.pid" \
        -H "$DOCKER_HOST" >"$WORK/engine.log" 2>&1 </dev/null &
    ENGINE=$!
    disown "$ENGINE"
    poll 60 engine_answers || skip "dockerd does not start: $(tail -n 1 "$WORK/engine.log")"
}

engine_stop() {
    [ -z "${KEEP:-}" ] || return 0
    kill -s TERM "$ENGINE" 2>/dev/null || return 0
    poll 30 not kill -s 0 "$ENGINE" || kill -s KILL "$ENGINE"
    ! mountpoint -q "$WORK/data" || umount "$WORK/data" # the engine binds it to itself
    rm -rf "$WORK"
}

engine_find() {
    if command -v docker-compose >/dev/null && engine_answers; then
        return
    fi
    is_root || skip "no Docker engine answers, and only root can start one"
    (need_packages may containers) || skip "the packages of an engine cannot be installed"
    engine_start
}

# The address that apt is set up with.
debian_mirror() {
    cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null |
        sed -n 's/^URIs: *\([^ ]*\).*/\1/p; s/^deb \(\[[^]]*\] \)\?\([^ ]*\).*/\2/p' | head -n 1
}

base_make() {
    docker image inspect "$BASE" >/dev/null 2>&1 && return
    local dir=$WORK/base mirror
    mirror=$(debian_mirror)
    is_root || skip "there is no base image, and only root can make one"
    (need_packages may containers) || skip "debootstrap cannot be installed"
    debootstrap --variant=minbase trixie "$dir" "$mirror" >"$WORK/debootstrap.log" 2>&1 ||
        skip "debootstrap failed: $(tail -n 1 "$WORK/debootstrap.log")"
    tar -C "$dir" -c . | docker import - "$BASE" >/dev/null
    rm -rf "$dir"
}

# begin: an engine, a base image, and ports that nobody has.
begin() {
    local part port began=$SECONDS
    mkdir -p "$WORK"
    engine_find
    # What fetches the jars, sends the orders and looks at every station from outside.
    (need_packages may build run) || skip "the packages that look at a deployment cannot be installed"
    base_make
    note "engine and base image after $((SECONDS - began)) s"
    for part in PG KAFKA REDIS COMMAND PROMETHEUS; do
        export "ORDERSPINE_${part}_PORT=$(free_port)"
    done
    port=$(free_ports 10)
    export ORDERSPINE_RELAY_PORTS=$port-$((port + 4)) ORDERSPINE_QUERY_PORTS=$((port + 5))-$((port + 9))
}

# ---- the deployment ------------------------------------------------------------------------

containers() { compose ps -q "$@"; }

health() { docker inspect -f '{{.State.Status}}{{with .State.Health}} {{.Status}}{{end}}' "$1"; }

all_healthy() {
    local id
    for id in $(containers "${SERVERS_AND_SERVICES[@]}"); do
        [ "$(health "$id")" = 'running healthy' ] || {
            note "$(docker inspect -f '{{.Name}}' "$id"): $(health "$id")"
            return 1
        }
    done
}

address_of() { compose port "$@" 2>/dev/null; }

load_addresses() { # as the READMEs have it
    set -a
    eval "$(compose run --rm -T tokens 2>/dev/null | tr -d '\r')"
    set +a
    [ -n "${TOKEN_AGENT:-}" ]
}

replay() { "$ROOT/tests/replay" --give-up 300 "$@" >"$WORK/replay.log" 2>&1; }

totals_are_equal() {
    "$ROOT/tests/support/compare_totals" >"$WORK/totals.log" 2>&1 || {
        note "$(head -n 20 "$WORK/totals.log")"
        return 1
    }
}

# What nobody can ask any more once all of it is taken down.
tell_state() {
    local name id
    compose ps
    for name in "${OURS[@]}"; do
        for id in $(containers "$name"); do
            note "$(docker inspect -f '{{.Name}}' "$id"): $(curl -s -m 5 "http://$(docker port "$id" | sed 's/.* //;q')/readyz")"
            docker logs --tail 60 "$id" 2>&1
        done
    done
    psql -X -d "$DATABASE_URL" -c 'SELECT shard, position, owner, epoch, lease_until - now() AS lease FROM relay_shard ORDER BY 1' \
        -c "SELECT pid, usename, application_name, state, wait_event, now() - xact_start AS open, left(query, 60) AS query
              FROM pg_stat_activity WHERE datname = current_database()" 2>&1
}

# agree LIMIT: within so many seconds.
agree() {
    wait_until "$1" totals_are_equal || {
        tell_state
        return 1
    }
}

nothing_is_left() {
    local kind
    for kind in container volume network; do
        local -a all=()
        [ "$kind" != container ] || all=(-a)
        equals "$kind $(docker "$kind" ls "${all[@]}" -q --filter "label=com.docker.compose.project=$PROJECT")" \
            "$kind " || return
    done
}

# ---- under load ----------------------------------------------------------------------------

load_start() {
    replay --limit "$1" &
    LOAD=$!
}

load_is_over() { ! kill -s 0 "$LOAD" 2>/dev/null; }

load_ended_well() { wait "$LOAD"; }

# What a frontend sees: every half second the newest orders; a version may only grow.
watch_start() {
    (
        declare -A seen
        while :; do
            while read -r id version; do
                if [ "${seen[$id]:-0}" -gt "$version" ]; then
                    echo "$id went from version ${seen[$id]} back to $version"
                fi
                seen[$id]=$version
            done < <(curl -s -m 5 -K - "http://$(address_of projector-svc 8082)/v1/orders?limit=50" <<END | jq -r '.orders[]? | "\(.order_id) \(.source_version)"' 2>/dev/null
header = "Authorization: Bearer $TOKEN_AGENT"
END
            )
            sleep 0.5
        done
    ) >"$WORK/went-back" 2>/dev/null &
    WATCH=$!
}

watch_end() {
    [ -n "$WATCH" ] || return 0
    kill -s TERM "$WATCH" 2>/dev/null
    wait "$WATCH" 2>/dev/null
    WATCH=''
}

no_view_went_back() { equals "$(cat "$WORK/went-back")" ''; }

# ---- its end -------------------------------------------------------------------------------

end() {
    trap '' INT TERM
    watch_end
    [ -z "$LOAD" ] || kill -s TERM "$LOAD" 2>/dev/null
    checks_end
    if engine_answers; then
        if [ "$FAILED" -gt 0 ]; then
            compose ps
            compose logs --tail 10
        fi
        compose --profile demo --profile monitoring down -v --remove-orphans >/dev/null 2>&1
    fi
    [ -z "$ENGINE" ] || engine_stop
    checks_report
}
trap end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
