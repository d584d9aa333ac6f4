# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# memory.sh - a service within a bound of memory that the kernel holds it to: a memory cgroup of its
# own (v1 or v2), where this process may make one. Where it may not, the peak is measured instead, and
# the test says so. Sourced by e2e.sh.
#
#   MEMORY=65536 service_start NAME   within so many KiB, swap included
#   memory_was_enough NAME KIB        nothing was killed, and where nothing bounds it, its peak was less
#
# Under the address sanitizer, which keeps what is freed, there is no bound.

# The folder below which groups are made; false: none.
memory_groups() {
    local folder
    for folder in /sys/fs/cgroup/memory /sys/fs/cgroup; do
        if [ -w "$folder" ] && { [ -e "$folder/memory.limit_in_bytes" ] ||
            grep -qw memory "$folder/cgroup.subtree_control" 2>/dev/null; }; then
            printf '%s\n' "$folder"
            return
        fi
    done
    return 1
}

memory_group() { printf '%s/orderspine-%s-%s\n' "$(memory_groups)" "$WORLD" "$1"; }

is_sanitized() { grep -q __asan_init "$(binary_of "$(kind_of "$1")")"; }

# memory_bind GROUP KIB: swap is bounded where it is counted.
memory_bind() {
    local bytes=$(($2 * 1024))
    if [ -e "$1/memory.max" ]; then
        echo "$bytes" >"$1/memory.max"
        [ ! -e "$1/memory.swap.max" ] || echo 0 >"$1/memory.swap.max"
    else
        echo "$bytes" >"$1/memory.limit_in_bytes"
        [ ! -e "$1/memory.memsw.limit_in_bytes" ] || echo "$bytes" >"$1/memory.memsw.limit_in_bytes"
    fi
}

# memory_enter NAME KIB: the calling shell, and what it starts from here on.
memory_enter() {
    local group
    if is_sanitized "$1" || ! memory_groups >/dev/null; then
        return 0
    fi
    group=$(memory_group "$1")
    rmdir "$group" 2>/dev/null || true # of a run that was itself killed: it counts the kills of then
    { mkdir -p "$group" && memory_bind "$group" "$2" && echo "$BASHPID" >"$group/cgroup.procs"; } 2>/dev/null
}

memory_kills() { sed -n 's/^oom_kill //p' "$1/memory.events" "$1/memory.oom_control" 2>/dev/null; }

memory_peak_kb() { awk '/^VmHWM/ { print $2 }' "/proc/$(service_pid "$1")/status"; }

memory_was_enough() {
    local name=$1 limit=$2 group peak
    peak=$(memory_peak_kb "$name")
    group=$(memory_group "$name")
    if is_sanitized "$name"; then
        note "$name-svc: peak $peak KiB; the address sanitizer keeps what is freed: no limit here"
    elif grep -qx "$(service_pid "$name")" "$group/cgroup.procs" 2>/dev/null; then
        note "$name-svc: peak $peak KiB, in a memory cgroup of $limit KiB"
        [ "$(memory_kills "$group")" = 0 ]
    else
        note "$name-svc: peak $peak KiB; this machine has no memory cgroup to give, so that is what counts"
        [ "$peak" -le "$limit" ]
    fi
}

# Once its processes have ended.
memory_end() {
    local folder group
    folder=$(memory_groups) || return 0
    for group in "$folder/orderspine-$WORLD-"*; do
        [ ! -d "$group" ] || rmdir "$group" 2>/dev/null || true
    done
}
