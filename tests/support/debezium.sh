# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# debezium.sh - Debezium's outbox event router beside relay-svc, on the same outbox. Source it after e2e.sh.
#
#     debezium_jars                fetches a Kafka Connect worker with Debezium (38 MB, once, into build/)
#     debezium_reads               a publication, a role and a slot: what is appended from now on is read
#     debezium_topics              with as many partitions as ours, by the prefix THEIRS
#     debezium_start [LINE...]     with tests/interchange/outbox.properties, and these lines behind it
#     debezium_rests               no slot any more, once it is stopped

HERE=$ROOT/tests/interchange
LIBS=$ROOT/build/debezium-libs
SLOT=slot_${WORLD:0:50}
ROLE=debezium_$WORLD_NUMBER
THEIRS=$WORLD.debezium.

debezium_jars() {
    local pom
    pom=$(cksum <"$HERE/pom.xml")
    [ "$(cat "$LIBS/.pom" 2>/dev/null)" != "$pom" ] || return 0
    rm -rf "$LIBS"
    mvn -q -B -Dstyle.color=never -f "$HERE/pom.xml" dependency:copy-dependencies \
        -DoutputDirectory="$LIBS" </dev/null && printf '%s\n' "$pom" >"$LIBS/.pom"
}

# Before the first order, so that nothing is missed however late Debezium comes.
debezium_reads() {
    sql "CREATE PUBLICATION orderspine FOR TABLE outbox WITH (publish = 'insert', publish_via_partition_root = true);
         CREATE ROLE $ROLE LOGIN REPLICATION PASSWORD 'interchange';
         GRANT SELECT ON outbox TO $ROLE" &&
        sql "SELECT pg_create_logical_replication_slot('$SLOT', 'pgoutput')" >/dev/null
}

# With as many partitions as ours: the key then lies in the same one.
debezium_topics() {
    local type
    for type in order customer product stock; do
        java -cp "$(kafka_classpath)" org.apache.kafka.tools.TopicCommand --bootstrap-server "$KAFKA_BROKERS" \
            --create --topic "$THEIRS$type.events" --partitions "$SHARDS" >/dev/null 2>&1 || return 1
    done
}

kafka_classpath() { printf '%s/*\n' "$ROOT/build/kafka-libs"; }

debezium_start() {
    mkdir -p "$WORLD_DIR/connect"
    cp "$HERE/outbox.properties" "$WORLD_DIR/connect/outbox.properties"
    printf '%s\n' "$@" >>"$WORLD_DIR/connect/outbox.properties"
    daemon_start debezium env "KAFKA_BROKERS=$KAFKA_BROKERS" "CONNECT_PORT=$(free_port)" \
        "CONNECT_FOLDER=$WORLD_DIR/connect" DBZ_HOST=127.0.0.1 "DBZ_PORT=$(port PG)" "DBZ_DATABASE=$WORLD" \
        "DBZ_USER=$ROLE" DBZ_PASSWORD=interchange "DBZ_SLOT=$SLOT" "DBZ_TOPIC_PREFIX=$THEIRS" \
        java -Xmx512m -cp "$LIBS/*" org.apache.kafka.connect.cli.ConnectStandalone \
        "$HERE/worker.properties" "$WORLD_DIR/connect/outbox.properties"
}

debezium_rests() { sql "SELECT pg_drop_replication_slot('$SLOT')" >/dev/null; }
