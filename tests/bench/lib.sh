# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# lib.sh - what the benchmarks share: the release build, a full outbox, a drain that is watched, and
# what a process has cost. A benchmark is written as an end-to-end test is, see tests/support/e2e.sh.
#
# Rates move by a third from run to run; processor time an event hardly moves. To compare two builds,
# alternate: BENCH_BUILD=/elsewhere/build/release tests/bench/relay.
set -uo pipefail
# shellcheck source=deploy/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../deploy/lib.sh"

# What is shipped is what is measured. Once: the second time, servers of its own stand beside it.
if [ -z "${TEST_DATABASE_URL:-}" ] && [ -z "${BENCH_BUILD:-}" ]; then
    need_packages may build run bench
    (cd "$ROOT" && cmake --preset release -DBUILD_TESTING=OFF &&
        cmake --build --preset release --parallel "$(nproc)" --target all --target visible --target bare_commands --target bare_producer --target bare_views --target pacer --target swarm) >/dev/null ||
        die "the release build failed; cmake --build --preset release says why"
fi
export BUILD=${BENCH_BUILD:-$ROOT/build/release}
# shellcheck source=tests/support/e2e.sh
. "$ROOT/tests/support/e2e.sh"

# fill_outbox EVENTS [FIRST]
fill_outbox() {
    psql -X -q -v ON_ERROR_STOP=1 -v events="$1" -v first="${2:-1}" -v shards="$SHARDS" \
        -d "$(world_url "$PG_SUPERUSER_URL" "$WORLD")" -f "$ROOT/tests/bench/outbox.sql"
}

# Redis's file is written anew as seldom as where users have it.
redis_as_deployed() {
    local setting value
    while read -r setting value; do
        redis CONFIG SET "$setting" "$value" >/dev/null
    done < <(grep '^auto-aof-' "$ROOT/deploy/redis/redis.conf")
}

# metric NAME METRIC: the sum over its labels.
metric() {
    curl -s -m 5 "$(service_url "$1")/metrics" |
        awk -v name="$2" '$1 == name || index($1, name "{") == 1 { sum += $2 } END { printf "%d\n", sum }'
}

# cpu_ms PID: what the process and its threads have used, by /proc/PID/stat.
cpu_ms() {
    awk -v hz="$(getconf CLK_TCK)" '{ sub(/.*\) /, ""); print int(($12 + $13) * 1000 / hz) }' \
        "/proc/$1/stat"
}

# tree_cpu_ms SERVER: the server's processes together, also those that have ended.
tree_cpu_ms() {
    local pid
    pid=$("$ROOT/deploy/servers" pid "$1")
    {
        awk '{ sub(/.*\) /, ""); print $12 + $13 + $14 + $15 }' "/proc/$pid/stat"
        for pid in $(children_of "$pid"); do
            awk '{ sub(/.*\) /, ""); print $12 + $13 }' "/proc/$pid/stat" 2>/dev/null
        done
    } | awk -v hz="$(getconf CLK_TCK)" '{ sum += $1 } END { print int(sum * 1000 / hz) }'
}

peak_kb() { awk '/^VmHWM/ {print $2}' "/proc/$1/status"; }

now_ms() { date +%s%3N; }

# watch_drain NAME METRIC EVENTS: waits until the metric has reached EVENTS; prints the milliseconds
# from its first movement to its end. It asks after half of what time is left, as each question costs
# ten milliseconds and more of the processors that do what is measured.
watch_drain() {
    local began='' first=0 count now pause limit=$((SECONDS + 600))
    while [ "$SECONDS" -lt "$limit" ]; do
        count=$(metric "$1" "$2") now=$(now_ms)
        if [ -z "$began" ] && [ "$count" -gt 0 ]; then
            began=$now first=$count
        fi
        if [ "$count" -ge "$3" ]; then
            echo $(((now - began) * $3 / ($3 > first ? $3 - first : 1)))
            return
        fi
        pause=$((count > first ? (now - began) * ($3 - count) / (count - first) / 2 : 0))
        pause=$((pause < 50 ? 50 : pause > 1000 ? 1000 : pause))
        sleep "$((pause / 1000)).$(printf %03d $((pause % 1000)))"
    done
    note "only $count of $3 after 600 s"
    return 1
}

per_event_us() { awk "BEGIN { printf \"%.2f\", $1 * 1000 / $2 }"; }
