/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pacer - writes events at a fixed rate and times each one until a consumer has it.
 *
 *     pacer outbox|kafka RATE SECONDS GROUP TOPIC     DATABASE_URL and KAFKA_BROKERS from the
 * environment
 *
 * outbox: a transaction each, of outbox_append(); somebody else brings them to TOPIC. The time
 * counts from PostgreSQL's own commit timestamp, which is taken before the log is written down
 * (track_commit_timestamp). kafka: an idempotent producer with relay-svc's settings sends the same
 * payloads to TOPIC by itself; the time counts from their handing over. Open loop: an event is due
 * at its time whatever became of those before it. The first five seconds do not count. Prints p50,
 * p90, p99 and the largest of each hop.
 */
#include "common/base/parse.h"
#include "tests/bench/pacer/pacer.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    WARM_SECONDS = 5,
    AHEAD_US = 200000,
    POLL_MS = 100,
    PATIENCE_US = 60000000,
    RETRY_US = 50000,
    KEYS = 10000
};

int64_t pacer_now_us(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void pacer_die(const char *what, const char *why)
{
    (void)fprintf(stderr, "pacer: %s: %s\n", what, why);
    exit(EXIT_FAILURE);
}

size_t pacer_take(struct run *run)
{
    const size_t number = atomic_fetch_add(&run->next, run->group);
    if (number >= run->count) {
        return run->count;
    }
    const int64_t due_us = run->started_us + (int64_t)number * 1000000 / run->rate;
    const struct timespec due = {.tv_sec = due_us / 1000000, .tv_nsec = due_us % 1000000 * 1000};
    while (clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &due, NULL) == EINTR) {
    }
    for (size_t i = number; i < number + run->group; i++) {
        run->events[i].due_us = due_us;
    }
    return number;
}

void pacer_key(size_t number, char out[static KEY_MAX])
{
    (void)snprintf(out, KEY_MAX, "pace-%zu", number % KEYS);
}

size_t pacer_payload(const struct run *run, size_t number, char out[static PAYLOAD_MAX])
{
    return (size_t)snprintf(
        out, PAYLOAD_MAX,
        "{\"n\":%zu,\"run\":%lld,\"lines\":[{\"sku\":\"sku-%zu\",\"name\":\"product "
        "1\",\"quantity\":1,\"unit_price_minor\":100},{\"sku\":\"sku-2\",\"name\":\"product "
        "2\",\"quantity\":2,\"unit_price_minor\":100}],\"region\":\"Kent\",\"payment\":{"
        "\"provider\":\"demo\",\"method\":\"card\"},\"personal\":{\"customer_name\":\"Demo\","
        "\"shipping_address\":{\"name\":\"Demo\",\"line1\":\"1 High Street\",\"city\":\"Dover\","
        "\"postal_code\":\"CT16\",\"region\":\"Kent\",\"country\":\"GB\"}}}",
        number, (long long)run->id, number % KEYS);
}

/* --- the consumer ------------------------------------------------------------------------ */

/* A topic that was made just now may have no leader yet. */
static int64_t end_of(rd_kafka_t *consumer, const char *topic, int partition)
{
    int64_t low;
    int64_t high;
    const int64_t end_us = pacer_now_us() + (int64_t)TOPIC_WAIT_MS * 1000;
    while (rd_kafka_query_watermark_offsets(consumer, topic, partition, &low, &high,
                                            TOPIC_WAIT_MS) != RD_KAFKA_RESP_ERR_NO_ERROR) {
        if (pacer_now_us() > end_us) {
            pacer_die(topic, "its ends cannot be read");
        }
        (void)usleep(RETRY_US);
    }
    return high;
}

static void assign_ends(rd_kafka_t *consumer, const char *topic)
{
    const rd_kafka_metadata_t *metadata;
    rd_kafka_topic_t *handle = rd_kafka_topic_new(consumer, topic, NULL);
    const rd_kafka_resp_err_t err =
        rd_kafka_metadata(consumer, 0, handle, &metadata, TOPIC_WAIT_MS);
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        pacer_die(topic, rd_kafka_err2str(err));
    }
    rd_kafka_topic_partition_list_t *all = rd_kafka_topic_partition_list_new(1);
    for (int i = 0; i < metadata->topics[0].partition_cnt; i++) {
        rd_kafka_topic_partition_list_add(all, topic, i)->offset = end_of(consumer, topic, i);
    }
    (void)rd_kafka_assign(consumer, all);
    rd_kafka_topic_partition_list_destroy(all);
    rd_kafka_metadata_destroy(metadata);
    rd_kafka_topic_destroy(handle);
}

static rd_kafka_t *open_consumer(const struct run *run)
{
    char reason[REASON_MAX];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    (void)rd_kafka_conf_set(conf, "bootstrap.servers", run->brokers, NULL, 0);
    (void)rd_kafka_conf_set(conf, "group.id", "pacer", NULL, 0);
    (void)rd_kafka_conf_set(conf, "enable.auto.commit", "false", NULL, 0);
    (void)rd_kafka_conf_set(conf, "socket.nagle.disable", "true", NULL, 0);
    (void)rd_kafka_conf_set(conf, "fetch.wait.max.ms", "100", NULL, 0);
    rd_kafka_t *consumer = rd_kafka_new(RD_KAFKA_CONSUMER, conf, reason, sizeof reason);
    if (consumer == NULL) {
        pacer_die("consumer", reason);
    }
    (void)rd_kafka_poll_set_consumer(consumer);
    assign_ends(consumer, run->topic);
    return consumer;
}

/* The number behind this name, at the front of a payload. */
static bool take_number(struct strview *rest, const char *name, int64_t *ret)
{
    if (!strview_begins(*rest, name)) {
        return false;
    }
    *rest = strview_skip(*rest, strlen(name));
    return parse_i64(strview_take(rest, ','), ret);
}

/* A second delivery, and what another run has written, count for nothing. */
static void note(struct run *run, const rd_kafka_message_t *record)
{
    struct strview rest = {record->payload, record->len};
    int64_t number;
    int64_t id;
    if (!take_number(&rest, "{\"n\":", &number) || !take_number(&rest, "\"run\":", &id) ||
        id != run->id || number < 0 || (size_t)number >= run->count ||
        run->events[number].came_us != 0) {
        return;
    }
    run->events[number].came_us = pacer_now_us();
    atomic_fetch_add(&run->came, 1);
}

static void *consume(void *user)
{
    struct run *run = user;
    rd_kafka_t *consumer = open_consumer(run);
    const int64_t end_us =
        run->started_us + (int64_t)run->count * 1000000 / run->rate + PATIENCE_US;
    while (atomic_load(&run->came) < run->count) {
        rd_kafka_message_t *record = rd_kafka_consumer_poll(consumer, POLL_MS);
        if (record != NULL && record->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
            note(run, record);
        }
        if (record != NULL) {
            rd_kafka_message_destroy(record);
        } else if (pacer_now_us() > end_us) {
            pacer_die(run->topic, "not all events came within a minute");
        }
    }
    (void)rd_kafka_consumer_close(consumer);
    rd_kafka_destroy(consumer);
    return NULL;
}

/* --- figures ------------------------------------------------------------------------------ */

static int compare(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a;
    const int64_t y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* From one member of struct event to another. */
static void tell(const struct run *run, const char *name, size_t from, size_t to)
{
    const size_t count = run->count - run->warm;
    int64_t *took_us = calloc(count, sizeof *took_us);
    if (took_us == NULL) {
        pacer_die("memory", "too many events");
    }
    for (size_t i = 0; i < count; i++) {
        const char *event = (const char *)&run->events[run->warm + i];
        took_us[i] = *(const int64_t *)(event + to) - *(const int64_t *)(event + from);
    }
    qsort(took_us, count, sizeof *took_us, compare);
    (void)printf("%-22s p50 %7.2f  p90 %7.2f  p99 %7.2f  max %8.2f ms\n", name,
                 (double)took_us[count / 2] / 1e3, (double)took_us[count * 90 / 100] / 1e3,
                 (double)took_us[count * 99 / 100] / 1e3, (double)took_us[count - 1] / 1e3);
    free(took_us);
}

static void report(const struct run *run)
{
    tell(run, "due -> begun", offsetof(struct event, due_us), offsetof(struct event, begun_us));
    tell(run, "begun -> answered", offsetof(struct event, begun_us),
         offsetof(struct event, answered_us));
    tell(run, "answered -> consumer", offsetof(struct event, answered_us),
         offsetof(struct event, came_us));
    tell(run, "commit -> consumer", offsetof(struct event, commit_us),
         offsetof(struct event, came_us));
}

int main(int argc, char **argv)
{
    int64_t rate;
    int64_t seconds;
    int64_t group;
    const struct {
        const char *name;
        void (*write)(struct run *run);
    } ways[] = {{"outbox", writers_to_outbox}, {"kafka", writers_to_kafka}};
    if (argc != 6 || !parse_i64(strview_of(argv[2]), &rate) || rate < 1 || rate > 100000 ||
        !parse_i64(strview_of(argv[4]), &group) || group < 1 || group > GROUP_MAX ||
        rate % group != 0 || !parse_i64(strview_of(argv[3]), &seconds) || seconds < 1 ||
        seconds > 3600) {
        pacer_die("usage", "pacer outbox|kafka RATE SECONDS GROUP TOPIC");
    }
    struct run run = {.way = argv[1],
                      .brokers = getenv("KAFKA_BROKERS"),
                      .topic = argv[5],
                      .database = getenv("DATABASE_URL"),
                      .rate = rate,
                      .group = (size_t)group,
                      .warm = (size_t)(rate * WARM_SECONDS),
                      .count = (size_t)(rate * (WARM_SECONDS + seconds)),
                      .id = pacer_now_us()};
    run.events = calloc(run.count, sizeof *run.events);
    if (run.events == NULL || run.brokers == NULL || run.database == NULL) {
        pacer_die("start", "memory, KAFKA_BROKERS or DATABASE_URL is missing");
    }
    run.started_us = pacer_now_us() + AHEAD_US * 5;
    pthread_t consumer;
    (void)pthread_create(&consumer, NULL, consume, &run);
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        if (strcmp(run.way, ways[i].name) == 0) {
            ways[i].write(&run);
        }
    }
    (void)pthread_join(consumer, NULL);
    report(&run);
    free(run.events);
    return EXIT_SUCCESS;
}
