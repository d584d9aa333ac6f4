# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# lib.sh - what the scripts of deploy/ and tests/ share: names of ports and folders, users, and the
# secrets of an installation; with it come processes.sh and packages.sh.
#
# Source it from bash with `set -euo pipefail`. It reads these variables:
#
#   ORDERSPINE_DATA          data folder                              (default <checkout>/var)
#   ORDERSPINE_USER          who runs all processes when root calls   (default: a user for each)
#   ORDERSPINE_<PART>_PORT   PG, KAFKA, KAFKA_CONTROLLER, REDIS, COMMAND, RELAY, QUERY
#
# A port that a process came up on is remembered in the data folder (file `ports`).

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
DATA=${ORDERSPINE_DATA:-$ROOT/var}
SERVERS=$DATA/servers # a folder for each process; a link when DATA is out of their reach
LOGS=$DATA/log
PIDS=$DATA/run
RUN_USER=${ORDERSPINE_USER:-}

# Who needs a proxy for packages and jars still reaches loopback without it.
export no_proxy=${no_proxy:+$no_proxy,}127.0.0.1,localhost
export NO_PROXY=$no_proxy

# Debian's modules belong to Debian's programs: another Python before them on the PATH has none.
export PATH=/usr/bin:$PATH

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

# port PART: the caller's variable, else the one it runs on, the one remembered, the default.
port() {
    local name=ORDERSPINE_$1_PORT
    if [ -n "${!name:-}" ]; then
        printf '%s\n' "${!name}"
    else
        known_port "$1"
    fi
}

known_port() {
    local saved=
    if [ -r "$PIDS/$1.port" ] && daemon_runs "${PORT_OWNER[$1]}"; then
        saved=$(cat "$PIDS/$1.port")
    elif [ -r "$DATA/ports" ]; then
        saved=$(sed -n "s/^ORDERSPINE_$1_PORT=//p" "$DATA/ports")
    fi
    printf '%s\n' "${saved:-${DEFAULT_PORT[$1]}}"
}

# claim_port PART: before its process is started; remember_ports, once all have come up.
claim_port() { printf '%s\n' "$(port "$1")" >"$PIDS/$1.port"; }

# remember_ports PART...: so that `deploy/up` without variables finds what it started with them.
remember_ports() {
    local part saved text=
    for part in "${PARTS[@]}"; do
        saved=$(sed -n "s/^ORDERSPINE_${part}_PORT=//p" "$DATA/ports" 2>/dev/null) || true
        if [[ " $* " == *" $part "* ]]; then
            saved=$(port "$part")
        fi
        [ -z "$saved" ] || text+="ORDERSPINE_${part}_PORT=$saved"$'\n'
    done
    printf '%s' "$text" >"$DATA/ports.new"
    mv "$DATA/ports.new" "$DATA/ports"
}

port_is_taken() {
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# check_ports PART...: each is the one its process listens on, or free for it. Names all that are not.
check_ports() {
    local part reason
    local -a faults=()
    for part in "$@"; do
        reason=$(fault_of_port "$part" "$(port "$part")" "$@")
        [ -z "$reason" ] || faults+=("$reason")
    done
    if [ ${#faults[@]} -gt 0 ]; then
        printf '%s\n' "${faults[@]}" >&2
        die "nothing was started"
    fi
}

# A process that runs keeps its port; asking for another one would give wrong addresses out.
fault_of_port() {
    local part=$1 number=$2 owner=${PORT_OWNER[$1]} variable=ORDERSPINE_$1_PORT other
    if ! [[ $number =~ ^[0-9]{1,5}$ ]] || [ "$number" -lt 1 ] || [ "$number" -gt 65535 ]; then
        say "$variable=$number is no port; it must be a number from 1 to 65535"
        return
    fi
    for other in "${@:3}"; do
        if [ "$other" != "$part" ] && [ "$(port "$other")" = "$number" ]; then
            say "port $number, wanted for $owner, is wanted for ${PORT_OWNER[$other]}, too;" \
                "choose another one with $variable=…"
            return
        fi
    done
    if daemon_runs "$owner"; then
        [ "$number" = "$(known_port "$part")" ] ||
            say "$owner runs on another port than $variable=$number; stop it first"
    elif port_is_taken "$number"; then
        say "port $number, wanted for $owner, is taken by $(holder_of "$number");" \
            "choose another one with $variable=…"
    fi
}

# ---- users -----------------------------------------------------------------------------------
#
# Where root starts them, each process has a user of its own, so that one that is taken over reads
# nothing of the others. PostgreSQL must find its user by name; the others are numbers that nobody
# has (systemd leaves 60706 to 61183 alone), so that no machine needs new users.

declare -A PROCESS_UID=(
    [kafka]=60710 [redis]=60711 [command-svc]=60712 [relay-svc]=60713 [projector-svc]=60714
)

is_root() { [ "$(id -u)" -eq 0 ]; }

# user_of NAME: the name or number of the process's user.
user_of() { printf '%s\n' "${RUN_USER:-${PROCESS_UID[$1]:-postgres}}"; }

group_of() { id -g "$1" 2>/dev/null || printf '%s\n' "$1"; }

# privileges_of NAME: the command that gives up all that this process does not need, a word a line.
privileges_of() {
    local user
    printf '%s\n' setpriv --no-new-privs
    if is_root; then
        user=$(user_of "$1")
        printf '%s\n' "--reuid=$user" "--regid=$(group_of "$user")" --bounding-set=-all \
            --inh-caps=-all
        if id -un "$user" >/dev/null 2>&1; then
            printf '%s\n' --init-groups
        else
            printf '%s\n' --clear-groups
        fi
    fi
    printf '%s\n' --
}

# as_process NAME COMMAND...: as that process's user.
as_process() {
    local -a least
    mapfile -t least < <(privileges_of "$1")
    shift
    "${least[@]}" "$@"
}

# private_file NAME PATH: its input into a file that only this process's user may read. It is that
# user who writes: root follows nothing in a folder of somebody else.
private_file() {
    # shellcheck disable=SC2016 # the inner shell's
    as_process "$1" sh -c 'umask 077 && rm -f -- "$1" && cat >"$1"' sh "$2"
}

# ---- folders ---------------------------------------------------------------------------------

# The folders of root, or of whoever calls: data, logs, pid files.
make_data() {
    local owner
    if [ -e "$DATA" ] && [ "$(stat -c %u "$DATA")" != "$(id -u)" ]; then
        owner=$(stat -c %U "$DATA")
        die "$DATA belongs to $owner, whose system this is; call deploy/ as $owner, or name a folder of" \
            "your own with ORDERSPINE_DATA"
    fi
    mkdir -p "$DATA" "$LOGS" "$PIDS" || die "$DATA cannot be made; name another folder with ORDERSPINE_DATA"
    DATA=$(cd "$DATA" && pwd)
    chmod 0700 "$LOGS" "$PIDS"
    if is_root; then
        chmod 0711 "$DATA"
    else
        chmod 0700 "$DATA"
    fi
}

# Makes the data folder and, in it, the processes' folders. PostgreSQL refuses to run as root, and an
# unprivileged user cannot enter a checkout below, say, /root: then they live in /var/lib, with a link
# in DATA.
prepare_data() {
    local name
    [ -e /proc/self/stat ] || die "/proc is not mounted here; please run: mount -t proc proc /proc"
    if is_root && ! id "${RUN_USER:-postgres}" >/dev/null 2>&1; then
        die "there is no user '${RUN_USER:-postgres}' to run the servers; name one with" \
            "ORDERSPINE_USER=…"
    fi
    make_data
    if [ ! -e "$SERVERS" ]; then
        place_servers
    fi
    SERVERS=$(readlink -f "$SERVERS")
    if is_root; then
        chown root: "$SERVERS" # of a process's user in data folders of earlier versions
        chmod 0711 "$SERVERS"
    fi
    for name in kafka redis command-svc relay-svc projector-svc; do
        process_folder "$name" "$SERVERS/$name"
    done
}

# What the data need at first; initdb and Kafka say it in ways that nobody understands.
DATA_MIB=150

need_room() {
    local free
    free=$(df -P -m "$1" | awk 'NR == 2 { print $4 }')
    [ "$free" -ge "$DATA_MIB" ] ||
        die "$1 has $free MB left and the data need $DATA_MIB MB at first; make room, or name another" \
            "folder with ORDERSPINE_DATA"
}

place_servers() {
    local elsewhere
    need_room "$DATA"
    mkdir -m 0711 "$SERVERS"
    if ! as_process kafka test -x "$SERVERS" || ! as_process postgres test -x "$SERVERS"; then
        rmdir "$SERVERS"
        need_room /var/lib
        elsewhere=$(mktemp -d /var/lib/orderspine.XXXXXX)
        chmod 0711 "$elsewhere"
        ln -s "$elsewhere" "$SERVERS"
        say "the processes' users cannot enter $DATA: their files are in $elsewhere"
    fi
    touch "$SERVERS/.orderspine"
}

# process_folder NAME PATH: a folder that only this process's user may enter. One of somebody else, of
# an earlier version or another ORDERSPINE_USER, is handed over; not its hard links, which may be any file.
process_folder() {
    local user group
    user=$(user_of "$1")
    group=$(group_of "$user")
    [ -d "$2" ] || mkdir -m 0700 "$2"
    if is_root && [ "$(stat -c %u "$2")" != "$(id -u "$user" 2>/dev/null || say "$user")" ]; then
        find "$2" -xdev \( -type d -o -links 1 \) -exec chown -h "$user:$group" {} +
    fi
    as_process "$1" chmod 0700 "$2"
}

# own_folder PATH: one in which only the caller may change anything, made anew when it was another's.
own_folder() {
    if [ -e "$1" ] && [ "$(stat -c %u "$1")" != "$(id -u)" ]; then
        rm -rf -- "$1"
    fi
    [ -d "$1" ] || mkdir -m 0755 "$1"
}

# Removes the data folder, and only what we made; not under a process that still works in it.
purge_data() {
    local real
    SERVERS=$DATA/servers
    real=$(readlink -f "$SERVERS" || true)
    if [ -n "$real" ] && [ -e "$real/.orderspine" ]; then
        SERVERS=$real
        poll 10 no_strays || die "still at work in $real: $(strays); end it first, then purge again"
        rm -rf -- "$real"
    fi
    rm -rf -- "$DATA/servers" "$LOGS" "$PIDS" "$DATA"/{ports,secrets,env,as} \
        "$DATA"/{.lock,.lock-up}
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
        )
        mv "$DATA/secrets.new" "$DATA/secrets"
    fi
    # shellcheck disable=SC1091
    . "$DATA/secrets"
}

pg_url() { printf 'postgresql://%s:%s@127.0.0.1:%s/%s' "$1" "$2" "$(port PG)" "${3:-orderspine}"; }
redis_url() { printf 'redis://%s:%s@127.0.0.1:%s/%s' "$1" "$2" "$(port REDIS)" "${3:-0}"; }

# token_line TOKEN ROLE SUBJECT: a line of AUTH_TOKENS_FILE.
token_line() { printf '%s %s %s\n' "$(printf '%s' "$1" | sha256sum | cut -d ' ' -f 1)" "$2" "$3"; }

# shellcheck source=deploy/processes.sh
. "$ROOT/deploy/processes.sh"
# shellcheck source=deploy/packages.sh
. "$ROOT/deploy/packages.sh"
