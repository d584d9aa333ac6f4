# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# ports.sh - free ports for servers and services of a test. Needs deploy/lib.sh.

# Who has been given a port, by pid, and which: whoever starts something there may do so much later, and again.
PORTS_GIVEN=${TMPDIR:-/tmp}/orderspine-ports.$(id -u)

# free_port: prints a port that nobody listens on, below the range the kernel gives to clients. It is nobody
# else's as long as the calling script runs.
free_port() { free_ports 1; }

# free_ports COUNT: so many in a row; prints the first one.
free_ports() {
    local number count=$1
    {
        flock 7
        touch "$PORTS_GIVEN"
        given_ports_of_the_living
        while :; do
            number=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
            ! ports_are_free "$number" "$count" || break
        done
        seq "$number" $((number + count - 1)) | sed "s/^/$$ /" >>"$PORTS_GIVEN"
    } 7>>"$PORTS_GIVEN.lock"
    printf '%s\n' "$number"
}

given_ports_of_the_living() {
    local pid number
    while read -r pid number; do
        [ ! -e "/proc/$pid" ] || printf '%s %s\n' "$pid" "$number"
    done <"$PORTS_GIVEN" >"$PORTS_GIVEN.new"
    mv "$PORTS_GIVEN.new" "$PORTS_GIVEN"
}

ports_are_free() {
    local number
    for ((number = $1; number < $1 + $2; number++)); do
        ! grep -q " $number\$" "$PORTS_GIVEN" && ! port_is_taken "$number" || return 1
    done
}

# Sets and exports a free port for every part, for deploy/servers and deploy/up.
export_free_ports() {
    local part
    for part in "${!DEFAULT_PORT[@]}"; do
        export "ORDERSPINE_${part}_PORT=$(free_port)"
    done
}
