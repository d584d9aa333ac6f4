# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# ports.sh - free ports for servers and services of a test. Needs deploy/lib.sh.

# free_port: prints a port that nobody listens on, below the range the kernel gives to clients.
free_port() {
    local number
    while :; do
        number=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
        if ! port_is_taken "$number"; then
            printf '%s\n' "$number"
            return
        fi
    done
}

# Sets and exports a free port for every part, for deploy/servers and deploy/up.
export_free_ports() {
    local part
    for part in "${!DEFAULT_PORT[@]}"; do
        export "ORDERSPINE_${part}_PORT=$(free_port)"
    done
}
