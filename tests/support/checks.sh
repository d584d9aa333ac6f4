# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# checks.sh - how a test in shell says what it expects; tests/support/e2e.sh describes the functions.
# At its end a test calls checks_end and checks_report. Needs deploy/lib.sh.

PASSED=0
FAILED=0
FINISHED=

note() { printf '      %s\n' "$*"; }

check() {
    local sentence=$1
    shift
    if "$@"; then
        PASSED=$((PASSED + 1))
        printf 'ok    %s\n' "$sentence"
    else
        FAILED=$((FAILED + 1))
        printf 'FAIL  %s\n      %s\n' "$sentence" "$*"
        return 1
    fi
}

need() {
    if ! check "$@"; then
        FINISHED=yes
        exit 1
    fi
}

equals() {
    [ "$1" = "$2" ] || {
        note "got:    $1"
        note "wanted: $2"
        return 1
    }
}

contains() {
    [[ $1 == *"$2"* ]] || {
        note "got:         $1"
        note "wanted part: $2"
        return 1
    }
}

not() { ! "$@"; }

# The last try is a loud one, so that a failure shows its reason.
wait_until() {
    poll "$@" || {
        shift
        "$@"
    }
}

finish() {
    FINISHED=yes
    exit 0
}

# A file that ends without `finish` counts one failure more.
checks_end() {
    if [ -z "$FINISHED" ]; then
        FAILED=$((FAILED + 1))
        printf 'FAIL  the file ended before its end\n'
    fi
}

checks_report() {
    printf '%s passed, %s failed\n' "$PASSED" "$FAILED"
    exit $((FAILED > 0))
}
