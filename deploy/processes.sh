# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# processes.sh - processes that are started apart from the caller and stopped by pid. Part of lib.sh.
#
# A pid file holds "pid start-time boot-id log-bytes": a pid alone may have been given to a stranger
# since, and of a log only what this process wrote counts.

LOG_KEPT=10000000 # bytes beyond which a log is put aside when its process starts

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
    local pid start boot _
    [ -r "$PIDS/$1.pid" ] || return 1
    read -r pid start boot _ <"$PIDS/$1.pid" || return 1
    [ "$boot" = "$(boot_id)" ] && [ "$start" = "$(start_time_of "$pid")" ] || return 1
    printf '%s\n' "$pid"
}

daemon_runs() { daemon_pid "$1" >/dev/null; }

# write_pid NAME PID LOG-BYTES: whole or not at all.
write_pid() {
    local line
    line="$2 $(start_time_of "$2" || echo -) $(boot_id) $3"
    printf '%s\n' "$line" >"$PIDS/$1.pid.$BASHPID"
    mv "$PIDS/$1.pid.$BASHPID" "$PIDS/$1.pid"
}

# daemon_start NAME COMMAND...: starts it apart from the caller, in a session of its own, with no
# file of the caller's open, its output in the log. As the process's user, its folder being its home.
# The child writes its pid file itself, before anything else and with the caller's locks held: however
# the caller ends, nothing runs that no file knows.
daemon_start() {
    local name=$1 log=$LOGS/$1.log written
    local -a least
    shift
    mapfile -t least < <(privileges_of "$name")
    put_log_aside "$log"
    written=$(stat -c %s "$log" 2>/dev/null || echo 0)
    (
        umask 077
        write_pid "$name" "$BASHPID" "$written"
        exec </dev/null >>"$log" 2>&1
        for fd in "/proc/$BASHPID/fd/"*; do
            fd=${fd##*/}
            if [ "$fd" -gt 2 ] && [ "$fd" -ne 255 ]; then
                eval "exec $fd>&-"
            fi
        done
        cd /
        [ ! -d "$SERVERS/$name" ] || export HOME="$SERVERS/$name"
        exec setsid "${least[@]}" "$@"
    ) &
    disown "$!" # so that bash does not report its end
    write_pid "$name" "$!" "$written" # the same line, so that it is there when we return
}

put_log_aside() {
    if [ "$(stat -c %s "$1" 2>/dev/null || echo 0)" -gt $LOG_KEPT ]; then
        mv "$1" "$1.1"
    fi
}

# log_end NAME: the last lines that its newest process wrote.
log_end() {
    local written=0 _
    read -r _ _ _ written <"$PIDS/$1.pid" || true
    tail -c "+$((written + 1))" "$LOGS/$1.log" | tail -n 20
}

# patiently LOG COMMAND...: runs it and returns its status, with a line each five seconds that says it
# goes on, and where its log is. In a process group of its own, so that WORKER and all it has begun
# can be ended when we are interrupted; see end_worker.
WORKER=
patiently() {
    local log=$1 status=0 tick ended
    shift
    set -m
    {
        set +m
        "$@"
    } </dev/null &
    WORKER=$!
    set +m
    while :; do
        sleep 5 >/dev/null 2>&1 &
        tick=$!
        status=0
        wait -n -p ended "$WORKER" "$tick" || status=$?
        [ "$ended" = "$tick" ] || break
        say "      … $SECONDS s; log: ${log#"$PWD"/}"
    done
    WORKER=
    kill "$tick" 2>/dev/null || true
    wait "$tick" 2>/dev/null || true
    return "$status"
}

# For a trap of SIGINT and SIGTERM. Processes of daemon_start are in sessions of their own and stay.
end_worker() {
    [ -z "$WORKER" ] || kill -s TERM -- "-$WORKER" 2>/dev/null || true
}

logged() {
    local log=$1
    shift
    "$@" >>"$log" 2>&1
}

# shellcheck disable=SC2120 # with none, too
# clean_env [NAME=VALUE...]: exports these and forgets the caller's variables, but for a few. For a
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
            log_end "$name" >&2
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

# holder_of PORT: the process that listens there, as far as we may see it.
holder_of() {
    local inode pid
    inode=$(awk -v port="$(printf ':%04X' "$1")" \
        '$4 == "0A" && substr($2, length($2) - 4) == port { print $10; exit }' /proc/net/tcp{,6})
    pid=$(find /proc/[0-9]*/fd -maxdepth 1 -lname "socket:\\[$inode\\]" 2>/dev/null |
        sed -n '1s|^/proc/\([0-9]*\)/.*|\1|p')
    if [ -z "$pid" ]; then
        say "a program of another user"
    elif [[ " $(stray_pids | tr '\n' ' ')" == *" $pid "* ]]; then
        say "$(process_named "$pid"), which works in $SERVERS and is in no pid file (kill $pid ends it)"
    else
        process_named "$pid"
    fi
}

process_named() {
    local words
    words=$(tr -s '\0[:cntrl:] ' ' ' <"/proc/$1/cmdline" 2>/dev/null | cut -c 1-60) || true
    printf 'pid %s (%s)\n' "$1" "${words% }"
}

# stray_pids: who works in the servers' folder (or in one removed under it) and is in no pid file.
# Redis shows other words than it was started with, so the working folder counts, too.
stray_pids() {
    local known pid folder pattern
    folder=$(readlink -f "$SERVERS")
    # shellcheck disable=SC2001 # a class of characters
    pattern=$(sed 's/[][*?\\]/\\&/g' <<<"$folder")
    known=" $$ $(cat "$PIDS"/*.pid 2>/dev/null | cut -d ' ' -f 1 | tr '\n' ' ')"
    {
        find /proc/[0-9]* -maxdepth 1 -name cwd -lname "$pattern/*" 2>/dev/null || true
        grep -laF -f <(printf '%s\n' "$folder/") /proc/[0-9]*/cmdline 2>/dev/null || true
    } | sed 's|^/proc/\([0-9]*\)/.*|\1|' | sort -un | while read -r pid; do
        [[ $known == *" $pid "* ]] || is_child_of_known "$pid" || printf '%s\n' "$pid"
    done
}

# PostgreSQL's backends are known by their parent; reads `known` of its caller.
is_child_of_known() {
    local parent
    parent=$(sed -n 's/^PPid:[[:space:]]*//p' "/proc/$1/status" 2>/dev/null) || true
    [ -z "$parent" ] || [[ $known == *" $parent "* ]]
}

strays() {
    local pid
    stray_pids | while read -r pid; do
        process_named "$pid"
    done | paste -s -d ,
}

no_strays() { [ -z "$(stray_pids)" ]; }

resident_kib() { sed -n 's/^VmRSS:[[:space:]]*\([0-9]*\).*/\1/p' "/proc/$1/status" 2>/dev/null; }
