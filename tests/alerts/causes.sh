# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# causes.sh - for each alert: what its runbook's look has to show (CAUSE), cause_<Alert> and clear_<Alert>, and
# perhaps keep_<Alert>, which goes on with it until the alert fires. For tests/alerts/run.

# shellcheck disable=SC2034 # for the caller
declare -A CAUSE=(
    [ServiceDown]='relay-svc.service: inactive'
    [ServiceNotReady]='permission denied for table outbox'
    [ServiceRestarts]='NRestarts='
    [EventsWaitForKafka]='FAIL  kafka'
    [ShardStandsStill]='ends with seq 987654321'
    [RelayHasRival]='rival.'
    [LeasesChurn]='unowned'
    [EventsInQuarantine]='order'
    [ViewsLag]='OOM'
    [ViewsRecovering]='no projector has reported'
    [PartitionsStand]='unreported'
    [DeadLetters]='unreadable'
    [CommandsShed]='reason="overloaded"'
    [CommandsFail]='refused by the test'
    [LocksHeldElsewhere]='sleeps_on_a_lock'
)

order_something() {
    place_order "alerts-$EPOCHREALTIME" "${1:-sku-2}"
    note "order: $STATUS"
}

cause_ServiceDown() { service_kill relay; }
clear_ServiceDown() { # by its runbook: the stand-in for systemctl writes down that it was asked
    carry_out ServiceDown Do && [ -e "$WORLD_DIR/start-relay" ] && service_start relay
}

cause_ServiceNotReady() { sql "REVOKE SELECT ON outbox FROM orderspine_relay"; }
clear_ServiceNotReady() { carry_out ServiceNotReady Do; }

# Where they are too far apart to count, so does the next round.
cause_ServiceRestarts() { true; }
keep_ServiceRestarts() { service_kill projector && service_start projector >/dev/null; }
clear_ServiceRestarts() { service_ready projector; }

cause_EventsWaitForKafka() {
    server_stop kafka --kill
    order_something
}
clear_EventsWaitForKafka() { server_start kafka; }

# A record of another database at the end of a partition.
cause_ShardStandsStill() {
    service_stop relay && service_stop relay2 && order_something || return
    local shard
    shard=$(sql "SELECT shard FROM outbox WHERE aggregateid = '$ORDER_ID'")
    printf '{}' | kcat -P -b "$KAFKA_BROKERS" -t "$(topic order)" -p "$shard" -k foreign \
        -H ce_source=/orderspine -H ce_sequence=987654321 -H ce_id=01a2185b-0000-7000-8000-000000000001 \
        -H ce_aggregateversion=1
    service_launch relay
    service_launch relay2
}
clear_ShardStandsStill() {
    carry_out ShardStandsStill Do && note "$SAID" && wait_until 100 carry_out DeadLetters Look &&
        carry_out DeadLetters Do # the projector does not know that record either
}

cause_RelayHasRival() { service_stop relay2 && service_launch relay2 TOPIC_PREFIX=rival.; }
clear_RelayHasRival() { service_stop relay2 && service_start relay2; }

# A relay that stands still for longer than its lease loses all that it has to the other one.
cause_LeasesChurn() { true; }
keep_LeasesChurn() {
    local pid
    for name in relay relay2; do
        pid=$(service_pid "$name")
        kill -s STOP "$pid"
        wait_until 100 has_no_shard_of "$name"
        kill -s CONT "$pid"
        wait_until 100 service_ready "$name"
    done
}
# has_no_shard_of NAME: the other one has all of them.
has_no_shard_of() {
    local other=relay
    [ "$1" != relay ] || other=relay2
    curl -s -m 5 "$(service_url "$other")/metrics" | grep -q "^orderspine_relay_shards{state=\"running\"} $SHARDS\$"
}
clear_LeasesChurn() { service_ready relay; }

limit_of_orders() {
    java -cp "$ROOT/build/kafka-libs/*" kafka.admin.ConfigCommand --bootstrap-server "$KAFKA_BROKERS" --alter \
        --entity-type topics --entity-name "$(topic order)" --add-config "max.message.bytes=$1" >/dev/null 2>&1
}
cause_EventsInQuarantine() {
    limit_of_orders 3000 && order_something || return
    post agent "/v1/orders/$ORDER_ID/add-note" "note-$ORDER_ID" \
        "{\"text\":\"$(head -c 3000 /dev/urandom | base64 -w 0 | head -c 3900)\"}"
}
clear_EventsInQuarantine() { limit_of_orders 1000000 && carry_out EventsInQuarantine Do; }

# Redis is full. (Where it does not answer, nobody can say how old views are: ServiceNotReady.)
cause_ViewsLag() { redis CONFIG SET maxmemory 1mb >/dev/null; }
keep_ViewsLag() { order_something "sku-$((1 + RANDOM % 2))" >/dev/null; }
clear_ViewsLag() { redis CONFIG SET maxmemory 400mb >/dev/null; }

# Who answers cannot know whether something was lost, as nobody projects.
cause_ViewsRecovering() { service_stop projector && HALF=--serve-only service_start projector; }
clear_ViewsRecovering() { service_stop projector && service_start projector; }

# It takes part of the partitions and brings their events into another Redis.
cause_PartitionsStand() {
    service_start projector2 "REDIS_URL=$(world_url "$REDIS_PROJECTOR_URL" 0)" \
        "REDIS_QUERY_URL=$(world_url "$REDIS_VIEWER_URL" 0)"
}
keep_PartitionsStand() { order_something "sku-$((1 + RANDOM % 2))" >/dev/null; }
clear_PartitionsStand() { service_stop projector2; }

cause_DeadLetters() {
    order_something
    local partition id=01900000-0000-7000-8000-0000000000$((RANDOM % 90 + 10))
    partition=$(sql "SELECT shard FROM outbox WHERE aggregateid = '$ORDER_ID'")
    printf '{"order_id": nonsense' | kcat -P -b "$KAFKA_BROKERS" -t "$(topic order)" -p "$partition" \
        -k "$ORDER_ID" -H ce_specversion=1.0 -H "ce_id=$id" -H "id=$id" -H ce_source=/test \
        -H ce_type=PaymentAuthorized -H "ce_subject=$ORDER_ID" -H ce_aggregateversion=2
}
clear_DeadLetters() { carry_out DeadLetters Do; }

# PostgreSQL is slow, and more come at once than may wait.
cause_CommandsShed() {
    sql "CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS \$\$
             BEGIN PERFORM pg_sleep(0.2); RETURN NEW; END \$\$;
         CREATE TRIGGER dawdle BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION dawdle()" &&
        service_stop command && service_start command COMMAND_QUEUE_FLOOR=1
}
keep_CommandsShed() {
    local i senders=()
    for i in {1..24}; do
        curl -s -m 30 -o /dev/null -H "Authorization: Bearer $TOKEN_CUSTOMER" -H 'Content-Type: application/json' \
            -H "Idempotency-Key: shed-$EPOCHREALTIME-$i" --data-binary "$(order_body sku-1 1)" \
            "$(service_url command)/v1/orders" &
        senders+=($!)
    done
    wait "${senders[@]}"
}
clear_CommandsShed() {
    sql "DROP TRIGGER dawdle ON orders; DROP FUNCTION dawdle()" && service_stop command && service_start command
}

cause_CommandsFail() {
    sql "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS \$\$
             BEGIN RAISE EXCEPTION 'refused by the test' USING ERRCODE = 'check_violation'; END \$\$;
         CREATE TRIGGER refuse BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION refuse()"
}
keep_CommandsFail() { order_something >/dev/null; }
clear_CommandsFail() { sql "DROP TRIGGER refuse ON orders; DROP FUNCTION refuse()"; }

cause_LocksHeldElsewhere() {
    PGAPPNAME=sleeps_on_a_lock psql -X -q -d "$(world_url "$PG_SUPERUSER_URL" "$WORLD")" >"$WORLD_DIR/holder" 2>&1 \
        -c "BEGIN; LOCK TABLE orders IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(600)" &
    disown $!
}
keep_LocksHeldElsewhere() {
    curl -s -m 1 -o /dev/null -H "Authorization: Bearer $TOKEN_CUSTOMER" -H 'Content-Type: application/json' \
        -H "Idempotency-Key: locked-$EPOCHREALTIME" --data-binary "$(order_body sku-1 1)" \
        "$(service_url command)/v1/orders"
    true
}
clear_LocksHeldElsewhere() { carry_out LocksHeldElsewhere Do; }
