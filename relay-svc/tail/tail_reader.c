/* SPDX-License-Identifier: Apache-2.0 */
#include "relay-svc/tail/tail_reader.h"

#include "common/base/must.h"
#include "common/contract/topics.h"
#include "common/io/kafka/kafka_consumer.h"
#include "common/io/loop.h"
#include "common/run/log.h"

#include <stdlib.h>

enum {
    FETCH_WAIT_MS = 10, /* an answer with nothing new tells that the end is reached */
    MISSING_AFTER_MS = 5000,
    PATIENCE_MS = 1000, /* whoever is there has answered by then */
    IDLE_MS = 5000,     /* the consumer goes away after so long without a question */
};

/* How far to look back; the last is the beginning. */
static const int64_t DEPTHS[] = {1, 16, 256, 4096};
enum { DEPTH_COUNT = sizeof DEPTHS / sizeof DEPTHS[0] };

struct question {
    bool is_open;
    int64_t since_ms;
    size_t depth; /* index into DEPTHS; DEPTH_COUNT: from the beginning */
    bool is_search;
    int64_t seq; /* to be met, in a search */
    struct tail_found found;
};

struct tail_reader {
    struct loop *loop;
    struct tail_reader_options options;
    struct kafka_consumer *consumer; /* NULL while there is no question */
    struct loop_timer *idle;
    struct question *questions; /* [topic][partition] */
    int open_count;
};

static struct question *question_of(struct tail_reader *reader, int topic, int partition)
{
    return &reader->questions[topic * reader->options.partitions + partition];
}

static void close_question(struct tail_reader *reader, int topic, int partition)
{
    struct question *question = question_of(reader, topic, partition);
    if (!question->is_open) {
        return;
    }
    question->is_open = false;
    kafka_consumer_stop(reader->consumer, topic, partition);
    if (--reader->open_count == 0) {
        loop_timer_start(reader->idle, IDLE_MS);
    }
}

static enum error_kind start(struct tail_reader *reader, int topic, int partition,
                             struct error *err)
{
    const struct question *question = question_of(reader, topic, partition);
    const struct kafka_position from = {
        .topic = topic,
        .partition = partition,
        .offset = question->depth < DEPTH_COUNT ? kafka_offset_tail(DEPTHS[question->depth])
                                                : KAFKA_OFFSET_BEGINNING,
    };
    return kafka_consumer_start(reader->consumer, &from, err);
}

static void answer(struct tail_reader *reader, int topic, int partition)
{
    /* A copy, and closed before: who is called may ask for this very partition again. */
    struct tail_found found = question_of(reader, topic, partition)->found;
    found.first_offset = kafka_consumer_first_offset(reader->consumer, topic, partition);
    close_question(reader, topic, partition);
    reader->options.on_found(reader->options.user, topic, partition, &found);
}

/* A record of ours: sent by a relay in the course of its log. */
static bool read_mark(const struct kafka_record *record, struct tail_mark *ret_mark)
{
    struct tail_mark mark = {.exists = true, .offset = record->offset};
    const bool is_ours =
        strview_is(kafka_record_header(record, TOPICS_HEADER_CE_SOURCE), TOPICS_CE_SOURCE) &&
        kafka_record_header(record, TOPICS_HEADER_CE_REPUBLISHED).data == NULL &&
        topics_read_sequence(kafka_record_header(record, TOPICS_HEADER_CE_SEQUENCE), &mark.seq) &&
        uuid_parse(kafka_record_header(record, TOPICS_HEADER_CE_ID), &mark.id);
    if (is_ours) {
        *ret_mark = mark;
    }
    return is_ours;
}

static void miss(struct tail_reader *reader, int topic, int partition, const struct error *err)
{
    if (question_of(reader, topic, partition)->is_open) {
        close_question(reader, topic, partition);
        reader->options.on_missing(reader->options.user, topic, partition, err);
    }
}

static bool is_answered(const struct question *question)
{
    const struct tail_mark *record = &question->found.record;
    return question->depth == DEPTH_COUNT ||
           (record->exists && (!question->is_search || record->seq >= question->seq ||
                               question->depth == DEPTH_COUNT - 1));
}

static bool is_better(const struct question *question, const struct tail_mark *mark)
{
    const struct tail_mark *best = &question->found.record;
    if (!best->exists) {
        return true;
    }
    if (question->is_search && mark->seq != best->seq) {
        return mark->seq > best->seq;
    }
    return mark->offset > best->offset;
}

static bool is_long(const struct tail_reader *reader, int topic, int partition)
{
    const int64_t end = kafka_consumer_end_offset(reader->consumer, topic, partition);
    const int64_t first = kafka_consumer_first_offset(reader->consumer, topic, partition);
    return end - first > DEPTHS[DEPTH_COUNT - 1];
}

/* At the end of the partition: found, or further back. Each step reads from further back to the end
 * again, so what was found before is found again, and the cost is that of the last step. */
static void reach_end(struct tail_reader *reader, int topic, int partition)
{
    struct question *question = question_of(reader, topic, partition);
    struct error err;
    if (is_answered(question)) {
        answer(reader, topic, partition);
        return;
    }
    if (++question->depth == DEPTH_COUNT && is_long(reader, topic, partition)) {
        log_event(LOG_WARN, "tail_is_far", LOG_STR("topic", reader->options.topics[topic]),
                  LOG_INT("partition", partition),
                  LOG_TEXT("none of the last 4,096 records is ours: the whole partition is read, "
                           "and its shard waits for that"));
    }
    kafka_consumer_stop(reader->consumer, topic, partition);
    if (start(reader, topic, partition, &err) != ERROR_NONE) {
        miss(reader, topic, partition, &err);
    }
}

static void note_record(struct tail_reader *reader, const struct kafka_record *record)
{
    struct question *question = question_of(reader, record->topic, record->partition);
    if (!question->is_open) {
        return;
    }
    struct tail_mark mark;
    if (read_mark(record, &mark) && is_better(question, &mark)) {
        question->found.record = mark;
    }
    if (record->offset + 1 ==
        kafka_consumer_end_offset(reader->consumer, record->topic, record->partition)) {
        reach_end(reader, record->topic, record->partition);
    }
}

static void on_records(void *user, struct kafka_record *records, size_t count)
{
    struct tail_reader *reader = user;
    for (size_t i = 0; i < count; i++) {
        /* An answer may close further questions: each record looks for its own anew. */
        note_record(reader, &records[i]);
        kafka_record_done(&records[i]);
    }
}

static void on_end(void *user, const struct kafka_position *end)
{
    struct tail_reader *reader = user;
    if (question_of(reader, end->topic, end->partition)->is_open) {
        reach_end(reader, end->topic, end->partition);
    }
}

static void on_partition_error(void *user, const struct kafka_position *where,
                               const struct error *err)
{
    struct tail_reader *reader = user;
    if (err->kind != ERROR_NOT_FOUND) {
        reader->options.on_error(reader->options.user, err);
        return;
    }
    const int first = where->partition >= 0 ? where->partition : 0;
    const int last = where->partition >= 0 ? where->partition : reader->options.partitions - 1;
    for (int partition = first; partition <= last; partition++) {
        miss(reader, where->topic, partition, err);
    }
}

/* One of the topics is missing: then it is one of those that do not answer. */
static void on_error(void *user, const struct error *err)
{
    struct tail_reader *reader = user;
    const int64_t asked_before_ms = loop_now_ms() - PATIENCE_MS;
    if (err->kind != ERROR_NOT_FOUND) {
        reader->options.on_error(reader->options.user, err);
        return;
    }
    for (int topic = 0; topic < reader->options.topic_count; topic++) {
        for (int partition = 0; partition < reader->options.partitions; partition++) {
            if (question_of(reader, topic, partition)->since_ms <= asked_before_ms) {
                miss(reader, topic, partition, err);
            }
        }
    }
}

static const struct kafka_consumer_callbacks EVENTS = {
    .on_records = on_records,
    .on_end = on_end,
    .on_partition_error = on_partition_error,
    .on_error = on_error,
};

static enum error_kind open_consumer(struct tail_reader *reader, struct error *err)
{
    const struct kafka_consumer_options options = {
        .config = reader->options.config,
        .topics = reader->options.topics,
        .topic_count = reader->options.topic_count,
        .fetch_wait_ms = FETCH_WAIT_MS,
        .missing_after_ms = MISSING_AFTER_MS,
        .starts_over = true,
        .reads_uncommitted = true, /* a foreign transaction left open must not hide our records */
        .events = &EVENTS,
        .user = reader,
    };
    return kafka_consumer_new(reader->loop, &options, &reader->consumer, err);
}

static enum error_kind ask(struct tail_reader *reader, int topic, int partition,
                           const struct question *asked, struct error *err)
{
    tail_reader_cancel(reader, topic, partition);
    if (reader->consumer == NULL && open_consumer(reader, err) != ERROR_NONE) {
        return err->kind;
    }
    loop_timer_stop(reader->idle);
    struct question *question = question_of(reader, topic, partition);
    *question = *asked;
    question->is_open = true;
    question->since_ms = loop_now_ms();
    reader->open_count++;
    if (start(reader, topic, partition, err) != ERROR_NONE) {
        close_question(reader, topic, partition);
        return err->kind;
    }
    return ERROR_NONE;
}

enum error_kind tail_reader_ask(struct tail_reader *reader, int topic, int partition,
                                struct error *err)
{
    return ask(reader, topic, partition, &(struct question){.depth = 0}, err);
}

enum error_kind tail_reader_search(struct tail_reader *reader, int topic, int partition,
                                   int64_t seq, struct error *err)
{
    const struct question asked = {.is_search = true, .seq = seq};
    return ask(reader, topic, partition, &asked, err);
}

void tail_reader_cancel(struct tail_reader *reader, int topic, int partition)
{
    close_question(reader, topic, partition);
}

static void on_rest_due(void *user)
{
    struct tail_reader *reader = user;
    kafka_consumer_free(reader->consumer);
    reader->consumer = NULL;
}

struct tail_reader *tail_reader_new(struct loop *loop, const struct tail_reader_options *options)
{
    struct tail_reader *reader = must_allocate(1, sizeof *reader);
    *reader = (struct tail_reader){
        .loop = loop,
        .options = *options,
        .idle = loop_timer_new(loop, on_rest_due, reader),
        .questions = must_allocate((size_t)options->topic_count * (size_t)options->partitions,
                                   sizeof *reader->questions)};
    return reader;
}

void tail_reader_free(struct tail_reader *reader)
{
    if (reader == NULL) {
        return;
    }
    kafka_consumer_free(reader->consumer);
    loop_timer_free(reader->idle);
    free(reader->questions);
    free(reader);
}
