# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# packages.sh - what is needed from Debian (packages.txt), and how it gets there. Part of lib.sh.

probe() {
    case $1 in
    cmd:*) command -v "${1#cmd:}" >/dev/null ;;
    pc:*) pkg-config --exists "${1#pc:}" 2>/dev/null ;;
    file:*) compgen -G "${1#file:}" >/dev/null ;;
    *) die "packages.txt: strange probe '$1'" ;;
    esac
}

# missing_packages PURPOSE...: the names of packages.txt that are not there.
missing_packages() {
    local purpose package how
    while read -r purpose package how; do
        if [[ " $* " == *" $purpose "* ]] && ! probe "$how"; then
            printf '%s\n' "$package"
        fi
    done < <(sed 's/#.*//; /^[[:space:]]*$/d' "$ROOT/deploy/packages.txt")
}

# need_packages may|never PURPOSE...: installs what is missing, or says what to install.
need_packages() {
    local install=$1 missing
    shift
    if is_root; then
        allow_starts # of an installation that was killed
    fi
    mapfile -t missing < <(missing_packages "$@")
    [ ${#missing[@]} -gt 0 ] || return 0
    if [ "$install" = never ] || ! is_root || ! command -v apt-get >/dev/null; then
        die "missing packages; please install them: apt-get install --no-install-recommends" \
            "${missing[*]}" "(Debian then starts a PostgreSQL and a Redis of its own; these scripts" \
            "do not use them)"
    fi
    install_packages "${missing[@]}"
    mapfile -t missing < <(missing_packages "$@")
    [ ${#missing[@]} -eq 0 ] || die "still missing after the installation: ${missing[*]}"
}

# Debian's packages would start servers on the standard ports; a policy-rc.d keeps them from it.
POLICY=/usr/sbin/policy-rc.d
POLICY_MARK='# made by deploy/up while it installs packages'

forbid_starts() {
    [ ! -e $POLICY ] || return 0
    printf '#!/bin/sh\n%s\nexit 101\n' "$POLICY_MARK" >$POLICY.new
    chmod 0755 $POLICY.new
    mv $POLICY.new $POLICY
}

allow_starts() {
    if grep -qsF "$POLICY_MARK" $POLICY; then
        rm -f $POLICY
    fi
}

install_packages() {
    local log=$LOGS/install.log
    [ -d "$LOGS" ] || log=$(mktemp)
    say "Installing $# packages: $*"
    if ! patiently "$log" logged "$log" apt_get update; then
        install_failed "$log"
    fi
    # Asked without being allowed to, apt says how much it is.
    { apt_get --assume-no install "$@" 2>/dev/null || true; } |
        grep -E '^(Need to get|After this operation)' || true
    forbid_starts
    if ! patiently "$log" logged "$log" apt_get -y install "$@"; then
        allow_starts
        install_failed "$log"
    fi
    allow_starts
}

install_failed() {
    tail -n 20 "$1" >&2
    die "the packages could not be installed; apt's log is $1"
}

apt_get() {
    DEBIAN_FRONTEND=noninteractive LC_ALL=C apt-get -q --no-install-recommends "$@"
}
