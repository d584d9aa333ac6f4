# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# history.sh - the first version, the commit named in tests/compose/BASE: upgrades start from it. Needs deploy/lib.sh
# and tests/support/checks.sh. History that a shallow clone lacks is fetched; where that fails, it says what to do.
FIRST=$(cat "$ROOT/tests/compose/BASE")

commits() { git -c safe.directory="$ROOT" -C "$ROOT" "$@"; }
has_first() { commits cat-file -e "$FIRST^{commit}" 2>/dev/null; }
fetch_first() {
    has_first && return
    note "the history lacks $FIRST: it is fetched"
    commits fetch --quiet --depth 1 origin "$FIRST" || commits fetch --quiet --unshallow origin
    has_first || { note "bring it: git fetch --unshallow origin, in a clone of the repository that has it" && return 1; }
}
first_sources() { commits archive "$FIRST"; }
