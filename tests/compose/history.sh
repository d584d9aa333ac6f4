# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# history.sh - the first version, the commit named in tests/compose/BASE: upgrades start from it. Needs deploy/lib.sh
# and tests/support/checks.sh.
#
# History that a shallow clone lacks is fetched. Sources may come without any, and from nowhere to fetch it: so what is
# built of that commit lies in first.tar.xz, and no upgrade is left untried. Where the commit is there, both are held
# against each other. It was made by
#     commits archive "$FIRST" "${OF_FIRST[@]}" | xz -9e >tests/compose/first.tar.xz
FIRST=$(cat "$ROOT/tests/compose/BASE")
OF_FIRST=(CMakeLists.txt CMakePresets.json LICENSE common command-svc relay-svc projector-svc deploy
    tests/CMakeLists.txt tests/support tests/bench/bare_commands tests/bench/bare_producer tests/bench/bare_views)

commits() { git -c safe.directory="$ROOT" -C "$ROOT" "$@"; }
has_first() { commits cat-file -e "$FIRST^{commit}" 2>/dev/null; }
fetch_from_origin() { GIT_TERMINAL_PROMPT=0 timeout 60 git -c safe.directory="$ROOT" -C "$ROOT" fetch --quiet "$@" 2>&1; }
unpacked() { python3 -c 'import lzma, shutil, sys; shutil.copyfileobj(lzma.open(sys.argv[1]), sys.stdout.buffer)' "$1"; }

# The sources in folder first, the copy that is carried along in folder carried; true where they are the same.
same_sources() {
    mkdir -p "$1/first" "$1/carried" && commits archive "$FIRST" "${OF_FIRST[@]}" | tar -C "$1/first" -x &&
        unpacked "$ROOT/tests/compose/first.tar.xz" | tar -C "$1/carried" -x && diff -r "$1/first" "$1/carried"
}

# find_first FOLDER: where it may put things.
find_first() {
    has_first || {
        note "the history lacks $FIRST: it is fetched"
        fetch_from_origin --depth 1 origin "$FIRST" || fetch_from_origin --unshallow origin
    }
    if has_first; then
        same_sources "$1/first-version" || { note "tests/compose/first.tar.xz is not that commit" && return 1; }
    else
        note "that failed: its sources are those in tests/compose/first.tar.xz"
        [ -s "$ROOT/tests/compose/first.tar.xz" ]
    fi
}
first_sources() { unpacked "$ROOT/tests/compose/first.tar.xz"; }
