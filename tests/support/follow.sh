# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# follow.sh - a reader of the stream beside an end-to-end test, and what it has to have been told. Source
# it after e2e.sh.
#
#     follow_start [SERVICE]   as an agent; comes again, with its last id, whenever it is cut off
#     follow_told_once         each version of each order in the outbox has come, once and in order, and
#                              no reset; says what has not
#     follow_stop

FOLLOWED=$WORLD_DIR/followed
FOLLOW_PID=''

follow_begun() { grep -qs '^freshness' "$FOLLOWED"; }

follow_start() {
    env FOLLOW_TOKEN="$TOKEN_AGENT" python3 -B "$ROOT/tests/support/follow" "$FOLLOWED" \
        "$(service_url "${1:-projector}")" 2>>"$WORLD_DIR/follow.said" &
    FOLLOW_PID=$!
    wait_until 60 follow_begun
}

follow_told_once() {
    sql "SELECT aggregateid, aggregateversion FROM outbox WHERE aggregatetype = 'order' ORDER BY 1, 2" |
        LC_ALL=C sort >"$WORLD_DIR/follow.wanted"
    grep -v '^freshness$' "$FOLLOWED" | LC_ALL=C sort >"$WORLD_DIR/follow.told"
    cmp -s "$WORLD_DIR/follow.wanted" "$WORLD_DIR/follow.told" || {
        FOLLOW_DIFFERS=$(diff "$WORLD_DIR/follow.wanted" "$WORLD_DIR/follow.told" | head -n 4 | tr '\n' ' ')
        return 1
    }
    FOLLOW_DIFFERS=''
    awk -F '|' 'NF == 2 { if ($2 != last[$1] + 1) exit 1; last[$1] = $2 }' "$FOLLOWED"
}

follow_stop() {
    note "the reader was told of $(grep -vc '^freshness$' "$FOLLOWED") events${FOLLOW_DIFFERS:+; $FOLLOW_DIFFERS}"
    kill -s TERM "$FOLLOW_PID"
    wait "$FOLLOW_PID" || true
}
