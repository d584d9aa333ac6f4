/* SPDX-License-Identifier: Apache-2.0 */
#include "relay-svc/replay/replaying.h"

#include "common/io/kafka/kafka_topics.h"
#include "common/io/loop.h"
#include "relay-svc/core/shard_log.h"
#include "relay-svc/outbox/outbox_replay.h"
#include "relay-svc/publish/publisher.h"

#include <assert.h>
#include <inttypes.h>
#include <signal.h>

enum {
    ROWS_FIRST = 64,
    READ_BYTES = 512 << 10, /* about as much as one read returns */
    SEQ_STEP = 1000000,     /* a read looks no further, as rows of other types may be many */
    PROGRESS_MS = 250,
    END_MS = 5000,
    SIGNAL_COUNT = 2,
};

struct replaying {
    const struct replaying_options *options;
    struct loop *loop;
    struct loop_timer *timer;
    struct loop_signal *signals[SIGNAL_COUNT];
    struct kafka_topics_wanted wanted;
    struct kafka_topics *looking;
    int64_t message_max[SHARD_TOPICS_MAX];
    struct publisher *publisher;
    struct outbox_replay *outbox;
    struct replay replay;
    struct replay_wish wish; /* of the read in flight */
    bool is_reading;
    bool has_held; /* a row of it came too early: it is read again */
    uint32_t rows; /* that it has brought */
    size_t bytes;  /* the same */
    uint32_t rows_each;
    bool is_choked; /* the producer's queue is full */
    int64_t end_ms; /* somebody has asked it to end: then at the latest; 0: nobody */
    struct error error;
};

static void stop(struct replaying *replaying, const struct error *err)
{
    if (replaying->error.kind == ERROR_NONE) {
        replaying->error = *err;
    }
    loop_stop(replaying->loop);
}

/* --- reading and sending ------------------------------------------------------------------ */

static void pump(struct replaying *replaying)
{
    struct replay_wish *wish = &replaying->wish;
    if (replay_is_done(&replaying->replay) ||
        (replaying->end_ms > 0 && replaying->replay.in_flight == 0)) {
        loop_stop(replaying->loop);
        return;
    }
    if (replaying->outbox == NULL || replaying->is_reading || replaying->is_choked ||
        replaying->end_ms > 0 || !replay_next(&replaying->replay, SEQ_STEP, wish)) {
        return; /* an answer comes by again */
    }
    wish->rows = wish->rows < replaying->rows_each ? wish->rows : replaying->rows_each;
    replaying->is_reading = true;
    replaying->has_held = false;
    replaying->rows = 0;
    replaying->bytes = 0;
    const struct outbox_range range = {
        .shard = wish->shard, .after = wish->range.after, .rows = (int)wish->rows};
    outbox_replay_read(replaying->outbox, &range, wish->range.upto);
}

static int topic_of(const struct replaying *replaying, struct strview type)
{
    int topic = 0;
    while (!strview_is(type, replaying->options->types[topic])) {
        topic++;
        assert(topic < replaying->options->topic_count); /* no others were asked for */
    }
    return topic;
}

static void send_row(struct replaying *replaying, const struct outbox_row *row)
{
    struct error err;
    const int topic = topic_of(replaying, row->aggregate_type);
    const struct publisher_tag tag = {.shard = (uint16_t)row->shard,
                                      .way = WAY_AGAIN,
                                      .ticket = replay_ticket(&replaying->replay, row->shard)};
    const enum error_kind kind = publisher_send(replaying->publisher, topic, row, &tag, &err);
    if (kind == ERROR_NONE) {
        replay_sent(&replaying->replay, row->shard, topic, row->seq, loop_now_ms());
        return;
    }
    replaying->has_held = true;
    if (kind == ERROR_EXHAUSTED) {
        replaying->is_choked = true;
        return;
    }
    struct error told;
    (void)error_set(&told, kind == ERROR_INVALID ? ERROR_FATAL : kind,
                    "%.*s/%.*s version %.*s, seq %" PRId64 ": %s", STRVIEW_ARG(row->aggregate_type),
                    STRVIEW_ARG(row->aggregate_id), STRVIEW_ARG(row->version), row->seq, err.text);
    stop(replaying, &told);
}

static void on_row(void *user, const struct outbox_row *row)
{
    struct replaying *replaying = user;
    replaying->rows++;
    replaying->bytes += row->bytes;
    replaying->has_held =
        replaying->has_held || !replay_takes(&replaying->replay, replaying->wish.shard) ||
        replaying->error.kind != ERROR_NONE; /* what is not sent any more was not read either */
    if (!replaying->has_held) {
        send_row(replaying, row);
    }
}

static void on_read(void *user, const struct error *err)
{
    struct replaying *replaying = user;
    const struct replay_wish *wish = &replaying->wish;
    replaying->is_reading = false;
    if (err != NULL) {
        struct error told;
        (void)error_set(&told, err->kind, "reading shard %d behind seq %" PRId64 ": %s",
                        wish->shard, replaying->replay.shards[wish->shard].read, err->text);
        stop(replaying, &told);
        return;
    }
    if (!replaying->has_held && replaying->rows < wish->rows) {
        replay_read(&replaying->replay, wish->shard, wish->range.upto);
    }
    if (replaying->rows > 0) {
        const size_t fit = READ_BYTES / (replaying->bytes / replaying->rows + 1);
        replaying->rows_each = fit < 1 ? 1 : (uint32_t)fit;
    }
    pump(replaying);
}

static void on_outbox(void *user)
{
    pump(user);
}

/* --- answers ------------------------------------------------------------------------------- */

static void on_answer(void *user, const struct publisher_tag *tag,
                      const struct kafka_delivery *delivery)
{
    struct replaying *replaying = user;
    if (delivery->error != NULL) {
        stop(replaying, delivery->error);
        return;
    }
    replay_acknowledged(&replaying->replay, tag->shard, tag->ticket, loop_now_ms());
}

static void on_answers_taken(void *user)
{
    struct replaying *replaying = user;
    replaying->is_choked = false;
    pump(replaying);
}

static void on_producer_lost(void *user, const struct error *error)
{
    stop(user, error);
}

static void on_producer_renewed(void *user)
{
    (void)user; /* it has ended before */
}

/* --- beginning ------------------------------------------------------------------------------ */

static enum error_kind begin(struct replaying *replaying, struct error *err)
{
    const struct replaying_options *options = replaying->options;
    const struct publisher_options publisher = {
        .config = options->kafka,
        .topics = options->topics,
        .topic_count = options->topic_count,
        .message_max = replaying->message_max,
        .on_answer = on_answer,
        .on_answers_taken = on_answers_taken,
        .on_lost = on_producer_lost,
        .on_renewed = on_producer_renewed,
        .user = replaying,
    };
    const struct outbox_replay_options outbox = {
        .url = options->database_url,
        .types = options->types,
        .type_count = options->topic_count,
        .on_ready = on_outbox,
        .on_row = on_row,
        .on_done = on_read,
        .user = replaying,
    };
    if (publisher_new(replaying->loop, &publisher, &replaying->publisher, err) != ERROR_NONE) {
        return err->kind;
    }
    return outbox_replay_new(replaying->loop, &outbox, &replaying->outbox, err);
}

static void on_topics(void *user, const struct kafka_topics_report *report, const struct error *err)
{
    struct replaying *replaying = user;
    struct error failure;
    if (err != NULL && err->kind == ERROR_CONFLICT) {
        (void)error_set(&failure, ERROR_FATAL,
                        "%s, another installation's perhaps: take another, or go on in it by "
                        "--append",
                        err->text);
        err = &failure;
    }
    if (err != NULL) {
        stop(replaying, err);
        return;
    }
    for (int i = 0; i < report->topic_count; i++) {
        replaying->message_max[i] = report->topics[i].message_max;
    }
    if (begin(replaying, &failure) != ERROR_NONE) {
        stop(replaying, &failure);
    }
}

/* --- the loop -------------------------------------------------------------------------------- */

static void on_tick(void *user)
{
    struct replaying *replaying = user;
    struct error trouble = {.kind = ERROR_NONE};
    if (replaying->publisher != NULL &&
        publisher_state(replaying->publisher, &trouble) == ERROR_NONE) {
        trouble.text[0] = '\0';
    }
    replaying->options->on_progress(replaying->options->user, &replaying->replay, trouble.text);
    if (replaying->end_ms > 0 && loop_now_ms() >= replaying->end_ms) {
        loop_stop(replaying->loop);
    }
    loop_timer_start(replaying->timer, PROGRESS_MS);
}

static void on_signal(void *user)
{
    struct replaying *replaying = user;
    struct error err;
    if (replaying->end_ms > 0 || replaying->publisher == NULL) {
        loop_stop(replaying->loop);
    }
    (void)error_set(&err, ERROR_TRANSIENT, "interrupted");
    replaying->error = replaying->error.kind == ERROR_NONE ? err : replaying->error;
    replaying->end_ms = loop_now_ms() + END_MS;
    pump(replaying);
}

static void run_loop(struct replaying *replaying)
{
    static const int SIGNALS[SIGNAL_COUNT] = {SIGINT, SIGTERM};
    const struct replaying_options *options = replaying->options;
    for (size_t i = 0; i < SIGNAL_COUNT; i++) {
        replaying->signals[i] = loop_signal_new(replaying->loop, SIGNALS[i], on_signal, replaying);
    }
    replaying->timer = loop_timer_new(replaying->loop, on_tick, replaying);
    loop_timer_start(replaying->timer, PROGRESS_MS);
    replaying->wanted = (struct kafka_topics_wanted){.config = options->kafka,
                                                     .topics = options->topics,
                                                     .topic_count = options->topic_count,
                                                     .partitions = options->shard_count,
                                                     .takes_empty = !options->appends,
                                                     .replication = options->replication};
    replaying->looking =
        kafka_topics_ensure(replaying->loop, &replaying->wanted, on_topics, replaying);
    loop_run(replaying->loop);
}

static void done(struct replaying *replaying)
{
    outbox_replay_free(replaying->outbox);
    publisher_free(replaying->publisher);
    kafka_topics_free(replaying->looking);
    for (size_t i = 0; i < SIGNAL_COUNT; i++) {
        loop_signal_free(replaying->signals[i]);
    }
    loop_timer_free(replaying->timer);
    loop_free(replaying->loop);
    replay_done(&replaying->replay);
}

enum error_kind replaying_run(const struct replaying_options *options,
                              struct replaying_result *ret_result, struct error *err)
{
    struct replaying replaying = {.options = options, .rows_each = ROWS_FIRST};
    *ret_result = (struct replaying_result){.events = 0};
    if (loop_new(&replaying.loop, err) != ERROR_NONE) {
        return err->kind;
    }
    replay_init(&replaying.replay, options->ranges, options->shard_count, options->topic_count);
    run_loop(&replaying);
    options->on_progress(options->user, &replaying.replay, "");
    *ret_result = (struct replaying_result){.events = replaying.replay.acknowledged,
                                            .rest = replay_rest(&replaying.replay)};
    *err = replaying.error;
    done(&replaying);
    return ret_result->rest == 0 ? ERROR_NONE : err->kind;
}
