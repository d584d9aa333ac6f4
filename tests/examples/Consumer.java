// SPDX-License-Identifier: Apache-2.0
// Consumer.java - see README.md. Needs kafka-clients, cloudevents-kafka and postgresql (pom.xml).
import io.cloudevents.CloudEvent;
import io.cloudevents.kafka.CloudEventDeserializer;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;

public final class Consumer implements ConsumerRebalanceListener {
    private final Connection database;
    private final KafkaConsumer<String, CloudEvent> kafka;

    private Consumer(String brokers, String group, Connection database) {
        Map<String, Object> settings = Map.of("bootstrap.servers", brokers, "group.id", group,
                "session.timeout.ms", 6000, "enable.auto.commit", false, "auto.offset.reset", "none");
        this.database = database;
        this.kafka = new KafkaConsumer<>(settings, new StringDeserializer(), new CloudEventDeserializer());
    }

    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
        String sql = "SELECT coalesce(max(next), 0) FROM reader_offset WHERE partition = ?";
        for (TopicPartition at : partitions) {
            try (PreparedStatement statement = database.prepareStatement(sql)) {
                statement.setInt(1, at.partition());
                ResultSet found = statement.executeQuery();
                found.next();
                kafka.seek(at, found.getLong(1));
            } catch (SQLException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> partitions) {}

    private void take(ConsumerRecord<String, CloudEvent> record) throws SQLException {
        CloudEvent event = record.value();
        String version = event.getExtension("aggregateversion").toString();
        String sql = "SELECT reader_apply(?, ?, ?, ?::bigint, ?, ?, ?::jsonb)"; // a transaction
        try (PreparedStatement statement = database.prepareStatement(sql)) {
            Object[] values = {record.partition(), record.offset(), record.key(), version,
                event.getId(), event.getType(), new String(event.getData().toBytes())};
            for (int i = 0; i < values.length; i++) {
                statement.setObject(i + 1, values[i]);
            }
            ResultSet answer = statement.executeQuery();
            if (answer.next() && answer.getBoolean(1)) {
                System.out.println(event.getType() + " " + record.key() + " " + version);
            }
        }
    }

    public static void main(String[] args) throws SQLException {
        Consumer consumer = new Consumer(args[0], args[1], DriverManager.getConnection(args[3]));
        consumer.kafka.subscribe(List.of(args[2]), consumer);
        while (true) { // ended at any moment, reading goes on behind the last transaction
            for (ConsumerRecord<String, CloudEvent> record : consumer.kafka.poll(Duration.ofSeconds(1))) {
                consumer.take(record);
            }
        }
    }
}
