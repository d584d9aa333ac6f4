# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# replay.sh - for end-to-end tests that replay sales. Source it behind e2e.sh.
#
#   replay [options]        tests/replay against the world; its output in REPLAYED, sets nothing else
#   replay_sum COLUMN       sent, accepted, replayed or refused: of all commands, without commas
#   replay_totals WHICH     planned or placed: "orders, lines and total" as printed
#   last_events_are_visible the newest event of every shard is in its view: no lag
#   sums_are_equal LIMIT    the views sum up to the first LIMIT invoices of SALES, by region, status and customer
#   sums_differ LIMIT       they do not, and it is said where
#   totals_are_equal        compare_totals on the world; prints what it says when they are not

REPLAYED=

replay() {
    REPLAYED=$(COMMAND_URL=$(service_url command) TOKEN_AGENT=$TOKEN_AGENT \
        TOKEN_PAYMENT=$TOKEN_PAYMENT TOKEN_FULFILMENT=$TOKEN_FULFILMENT \
        "$ROOT/tests/replay" "$@" 2>&1) || {
        note "$REPLAYED"
        return 1
    }
}

replay_sum() {
    local -A at=([sent]=2 [accepted]=3 [replayed]=4 [refused]=5)
    awk -v column="${at[$1]}" '$1 == "all" { gsub(",", ""); print $column }' <<<"$REPLAYED"
}

replay_totals() { sed -n "s/^$1: //p" <<<"$REPLAYED"; }

# Inside a shard everything flows in order, so its newest event stands for all.
last_events_are_visible() {
    local id version
    while IFS='|' read -r id version; do
        view_has_version "$id" "$version" || {
            note "order $id is not at version $version"
            return 1
        }
    done < <(sql "SELECT DISTINCT ON (shard) aggregateid, aggregateversion FROM outbox
                   WHERE aggregatetype = 'order' ORDER BY shard, seq DESC")
}

SALES=$ROOT/../shared/data/online-retail.csv.gz # where tests/replay looks, too

sums() {
    REDIS_URL=$(world_url "$REDIS_ADMIN_URL" "$REDIS_DB") \
        python3 -B "$ROOT/tests/support/replay_sums.py" "$SALES" "$1" 2>&1
}
sums_are_equal() {
    local said
    said=$(sums "$1")
    note "$said"
    contains "$said" "customers: equal"
}
sums_differ() { contains "$(sums "$1")" "different: "; }

totals_are_equal() {
    local said
    said=$(DATABASE_URL=$(world_url "$PG_SUPERUSER_URL" "$WORLD") TOPIC_PREFIX=$WORLD. \
        REDIS_URL=$(world_url "$REDIS_ADMIN_URL" "$REDIS_DB") \
        "$ROOT/tests/support/compare_totals") || {
        note "$said"
        return 1
    }
}
