# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# lib.sh - what the scripts of deploy/ and tests/ share: names of ports and folders, secrets of an
# installation, and processes that are started apart from the caller and stopped by pid.
#
# Source it from bash with `set -euo pipefail`. It reads these variables:
#
#   ORDERSPINE_DATA          data folder                              (default <checkout>/var)
#   ORDERSPINE_USER          who runs the processes when root calls   (default postgres)
#   ORDERSPINE_<PART>_PORT   PG, KAFKA, KAFKA_CONTROLLER, REDIS, COMMAND, RELAY, QUERY
#
# A port once chosen is remembered in the data folder (file `ports`).

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
DATA=${ORDERSPINE_DATA:-$ROOT/var}
SERVERS=$DATA/servers # files the servers own; a link when DATA is out of their reach
LOGS=$DATA/log
PIDS=$DATA/run
RUN_USER=${ORDERSPINE_USER:-postgres}

PARTS=(PG KAFKA KAFKA_CONTROLLER REDIS COMMAND RELAY QUERY)
declare -A DEFAULT_PORT=(
    [PG]=15432 [KAFKA]=19092 [KAFKA_CONTROLLER]=19093 [REDIS]=16379
    [COMMAND]=8080 [RELAY]=8081 [QUERY]=8082
)
declare -A PORT_OWNER=( # the process that listens there
    [PG]=postgres [KAFKA]=kafka [KAFKA_CONTROLLER]=kafka [REDIS]=redis
    [COMMAND]=command-svc [RELAY]=relay-svc [QUERY]=projector-svc
)

say() { printf '%s\n' "$*"; }
warn() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
die() {
    warn "$@"
    exit 1
}

# poll SECONDS COMMAND...: repeats the command until it succeeds; false when the time is over.
poll() {
    local limit=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$SECONDS" -lt "$limit" ] || return 1
        sleep 0.1
    done
}

# ---- ports ---------------------------------------------------------------------------------

# port PART: the caller's variable, else the one remembered, else the default.
port() {
    local name=ORDERSPINE_$1_PORT saved=
    if [ -n "${!name:-}" ]; then
        printf '%s\n' "${!name}"
        return
    fi
    if [ -r "$DATA/ports" ]; then
        saved=$(sed -n "s/^$name=//p" "$DATA/ports")
    fi
    printf '%s\n' "${saved:-${DEFAULT_PORT[$1]}}"
}

# Remembers the ports in use, so that `deploy/up` without variables finds what it started with them.
remember_ports() {
    local part text=
    for part in "${PARTS[@]}"; do
        text+="ORDERSPINE_${part}_PORT=$(port "$part")"$'\n'
    done
    printf '%s' "$text" >"$DATA/ports"
}

port_is_taken() {
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# check_ports PART...: each is the one its process listens on, or free for it.
check_ports() {
    local part
    for part in "$@"; do
        check_port "$part"
    done
}

# A process that runs keeps its port; asking for another one would give wrong addresses out.
check_port() {
    local owner=${PORT_OWNER[$1]} variable=ORDERSPINE_$1_PORT number
    number=$(port "$1")
    if daemon_runs "$owner"; then
        [ "$number" = "$(unset "$variable" && port "$1")" ] ||
            die "$owner runs on another port than $variable=$number; stop it first"
    elif port_is_taken "$number"; then
        die "port $number, wanted for $owner, is taken by another program;" \
            "choose another one with $variable=…"
    fi
}

# ---- folders and users ---------------------------------------------------------------------

is_root() { [ "$(id -u)" -eq 0 ]; }

# Runs a command as the processes' user (the caller, unless that is root). Fit for exec, too.
as_user() {
    if is_root; then
        setpriv --reuid="$RUN_USER" --regid="$(id -g "$RUN_USER")" --init-groups -- "$@"
    else
        "$@"
    fi
}

own() {
    if is_root; then
        chown -R "$RUN_USER:" "$@"
    fi
}

# private_file NAME: its input into a file that only the processes' user may read.
private_file() {
    (
        umask 077
        as_user tee "$1" >/dev/null
    )
}

# Makes the data folder. PostgreSQL refuses to run as root, and an unprivileged user cannot enter
# a checkout below, say, /root: then the servers' files live in /var/lib, with a link in DATA.
prepare_data() {
    [ -e /proc/self/stat ] || die "/proc is not mounted here; please run: mount -t proc proc /proc"
    if is_root && ! id "$RUN_USER" >/dev/null 2>&1; then
        die "there is no user '$RUN_USER' to run the servers; name one with ORDERSPINE_USER=…"
    fi
    mkdir -p "$DATA" "$LOGS" "$PIDS"
    DATA=$(cd "$DATA" && pwd)
    if is_root; then
        chmod 0711 "$DATA"
    else
        chmod 0700 "$DATA"
    fi
    if [ ! -e "$SERVERS" ]; then
        place_servers
    fi
    SERVERS=$(readlink -f "$SERVERS")
}

place_servers() {
    local elsewhere
    mkdir "$SERVERS"
    own "$SERVERS"
    if ! as_user test -x "$SERVERS"; then
        rmdir "$SERVERS"
        elsewhere=$(mktemp -d /var/lib/orderspine.XXXXXX)
        own "$elsewhere"
        ln -s "$elsewhere" "$SERVERS"
        say "user $RUN_USER cannot enter $DATA: the servers' files are in $elsewhere"
    fi
    touch "$SERVERS/.orderspine"
}

# Removes the data folder, and only what we made.
purge_data() {
    local real
    SERVERS=$DATA/servers
    real=$(readlink -f "$SERVERS" || true)
    if [ -n "$real" ] && [ -e "$real/.orderspine" ]; then
        rm -rf -- "$real"
    fi
    rm -rf -- "$SERVERS" "$LOGS" "$PIDS" "$DATA"/{ports,secrets,env,.lock,.lock-up}
    rmdir -- "$DATA" 2>/dev/null || warn "$DATA holds files that are not ours; they stay"
}

# ---- secrets -------------------------------------------------------------------------------

SECRETS=(
    PG_SUPERUSER_PASSWORD PG_OWNER_PASSWORD PG_COMMAND_PASSWORD PG_RELAY_PASSWORD
    PG_READER_PASSWORD REDIS_PROJECTOR_PASSWORD REDIS_VIEWER_PASSWORD REDIS_REBUILDER_PASSWORD
    REDIS_OPERATOR_PASSWORD REDIS_ADMIN_PASSWORD
    TOKEN_CUSTOMER TOKEN_AGENT TOKEN_PAYMENT TOKEN_FULFILMENT TOKEN_OPERATOR
)

random_hex() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }

# Draws the installation's passwords and tokens once, and sets them as variables.
load_secrets() {
    local name
    if [ ! -e "$DATA/secrets" ]; then
        (
            umask 077
            for name in "${SECRETS[@]}"; do
                printf '%s=%s\n' "$name" "$(random_hex)"
            done >"$DATA/secrets.new"
            mv "$DATA/secrets.new" "$DATA/secrets"
        )
    fi
    # shellcheck disable=SC1091
    . "$DATA/secrets"
}

pg_url() { printf 'postgresql://%s:%s@127.0.0.1:%s/%s' "$1" "$2" "$(port PG)" "${3:-orderspine}"; }
redis_url() { printf 'redis://%s:%s@127.0.0.1:%s/%s' "$1" "$2" "$(port REDIS)" "${3:-0}"; }

# token_line TOKEN ROLE SUBJECT: a line of AUTH_TOKENS_FILE.
token_line() { printf '%s %s %s\n' "$(printf '%s' "$1" | sha256sum | cut -d ' ' -f 1)" "$2" "$3"; }

# ---- processes -----------------------------------------------------------------------------
#
# A pid file holds "pid start-time boot-id": a pid alone may have been given to a stranger since.

start_time_of() {
    local stat
    stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
    stat=${stat##*) } # the name in brackets may hold blanks
    # shellcheck disable=SC2086
    set -- $stat
    [ "$1" != Z ] || return 1 # dead, its parent has not noticed yet
    printf '%s\n' "${20}"
}

boot_id() { cat /proc/sys/kernel/random/boot_id; }

# daemon_pid NAME: prints the pid when that very process still runs.
daemon_pid() {
    local pid start boot
    [ -r "$PIDS/$1.pid" ] || return 1
    read -r pid start boot <"$PIDS/$1.pid" || return 1
    [ "$boot" = "$(boot_id)" ] && [ "$start" = "$(start_time_of "$pid")" ] || return 1
    printf '%s\n' "$pid"
}

daemon_runs() { daemon_pid "$1" >/dev/null; }

# daemon_start NAME COMMAND...: starts it apart from the caller, in a session of its own, with no
# file of the caller's open, its output in the log. As the processes' user.
daemon_start() {
    local name=$1 pid
    shift
    (
        exec </dev/null >>"$LOGS/$name.log" 2>&1
        for fd in "/proc/$BASHPID/fd/"*; do
            fd=${fd##*/}
            if [ "$fd" -gt 2 ] && [ "$fd" -ne 255 ]; then
                eval "exec $fd>&-"
            fi
        done
        cd /
        if is_root; then
            exec setsid setpriv --reuid="$RUN_USER" --regid="$(id -g "$RUN_USER")" --init-groups \
                -- "$@"
        fi
        exec setsid "$@"
    ) &
    pid=$!
    disown "$pid" # so that bash does not report its end
    printf '%s %s %s\n' "$pid" "$(start_time_of "$pid")" "$(boot_id)" >"$PIDS/$name.pid"
}

# clean_env NAME=VALUE...: exports these and forgets the caller's variables, but for a few. For a
# subshell that starts a service: its settings are its environment, and strange ones refuse it.
clean_env() {
    local name
    for name in $(compgen -e); do
        case $name in
        PATH | HOME | LANG | TZ | TMPDIR | *SAN_OPTIONS) ;;
        *) export -n "${name?}" ;;
        esac
    done
    [ $# -eq 0 ] || export "${@?}"
}

# daemon_await NAME SECONDS CHECK...: until the check succeeds; dies with the log's end when the
# process does not live that long.
daemon_await() {
    local name=$1 limit=$((SECONDS + $2))
    shift 2
    until "$@" >/dev/null 2>&1; do
        if ! daemon_runs "$name"; then
            tail -n 20 "$LOGS/$name.log" >&2
            die "$name ended while starting; its log is $LOGS/$name.log"
        fi
        [ "$SECONDS" -lt "$limit" ] || die "$name is not ready; its log is $LOGS/$name.log"
        sleep 0.1
    done
}

# daemon_stop NAME SIGNAL SECONDS: asks with the signal, and kills it when it does not go in time.
daemon_stop() {
    local name=$1 signal=$2 limit=$3 pid
    if pid=$(daemon_pid "$name"); then
        kill -s "$signal" "$pid" 2>/dev/null || true # it may have gone just now
        if ! poll "$limit" daemon_is_gone "$name"; then
            warn "$name did not stop in $limit s: killing it"
            kill -s KILL "$pid" 2>/dev/null || true
            poll 10 daemon_is_gone "$name" || die "$name (pid $pid) does not die"
        fi
    fi
    rm -f "$PIDS/$name.pid"
}

daemon_is_gone() { ! daemon_runs "$1"; }

# supervise COMMAND...: runs it in a session of its own and returns its status. SIGINT and SIGTERM
# are passed on, its end is awaited, so that it can clean up behind itself, and then we end, too.
supervise() {
    local child status interrupted=''
    setsid "$@" <&0 &
    child=$!
    # shellcheck disable=SC2064 # the pid as it is now
    trap "interrupted=yes; kill -s TERM -- -$child 2>/dev/null || true" INT TERM
    while :; do
        status=0
        wait "$child" || status=$?
        kill -s 0 "$child" 2>/dev/null || break
    done
    trap - INT TERM
    kill -s KILL -- "-$child" 2>/dev/null || true # what it left behind
    [ -z "$interrupted" ] || exit 143
    return "$status"
}

# supervise_logged FILE COMMAND...: the same, its output shown and kept.
supervise_logged() {
    local log=$1 tee status=0
    shift
    exec 4> >(trap '' INT TERM && exec tee "$log") # the last words, too
    tee=$!
    supervise "$@" >&4 2>&1 4>&- || status=$?
    exec 4>&-
    wait "$tee" || true
    return "$status"
}

# children_of PID: by /proc, as a minimal Debian has no ps.
children_of() {
    local stat pid
    for stat in /proc/[0-9]*/stat; do
        pid=${stat#/proc/}
        stat=$(cat "$stat" 2>/dev/null) || continue
        stat=${stat##*) }
        # shellcheck disable=SC2086
        set -- "$1" $stat
        if [ "$3" = "$1" ]; then
            printf '%s\n' "${pid%/stat}"
        fi
    done
}

resident_kib() { sed -n 's/^VmRSS:[[:space:]]*\([0-9]*\).*/\1/p' "/proc/$1/status" 2>/dev/null; }

# ---- packages ------------------------------------------------------------------------------

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

# need_packages may|never PURPOSE...: installs what is missing, or says what to install. Debian's
# postinst scripts would start servers on the standard ports; a policy-rc.d keeps them from it.
need_packages() {
    local install=$1 missing
    shift
    mapfile -t missing < <(missing_packages "$@")
    [ ${#missing[@]} -gt 0 ] || return 0
    if [ "$install" = never ] || ! is_root || ! command -v apt-get >/dev/null; then
        die "missing packages; please install them: apt-get install --no-install-recommends" \
            "${missing[*]}"
    fi
    say "Installing ${missing[*]}"
    install_packages "${missing[@]}"
    mapfile -t missing < <(missing_packages "$@")
    [ ${#missing[@]} -eq 0 ] || die "still missing after the installation: ${missing[*]}"
}

install_packages() {
    local policy=/usr/sbin/policy-rc.d log made='' status=0
    log=$(mktemp)
    if [ ! -e $policy ]; then
        printf '#!/bin/sh\nexit 101\n' >$policy
        chmod 0755 $policy
        made=yes
    fi
    {
        apt-get -q update &&
            DEBIAN_FRONTEND=noninteractive apt-get -q -y install --no-install-recommends "$@"
    } </dev/null >"$log" 2>&1 || status=$?
    [ -z "$made" ] || rm -f $policy
    if [ $status -ne 0 ]; then
        tail -n 20 "$log" >&2
        rm -f "$log"
        die "apt-get could not install: $*"
    fi
    rm -f "$log"
}
