/* SPDX-License-Identifier: Apache-2.0 */
#include "relay-svc/tail/tails.h"

#include "common/base/fault_point.h"
#include "common/base/must.h"
#include "common/io/jitter.h"
#include "common/io/loop.h"
#include "common/run/activity.h"
#include "common/run/log.h"
#include "relay-svc/metrics.h"
#include "relay-svc/outbox/outbox_store.h"
#include "relay-svc/shards/shards.h"
#include "relay-svc/tail/tail_reader.h"

#include <stdlib.h>

/*
 * A shard that is CHECKING has one question open for each of its topics, and each ends in judge(),
 * once: by what the reader finds at the end; where that is not what is known, by what the outbox
 * has under that seq, too; and where records seem to be lost, by what a search finds. What comes
 * for a shard that has left CHECKING, or has begun anew meanwhile, is nobody's answer any more. The
 * reader keeps one question for a partition, the last, so its answers need no run to be told apart;
 * a look-up on its way to the database cannot be taken back, so it carries one.
 */

enum { RETRY_MS = 500 };

struct tails {
    struct shards *shards;
    struct outbox_store *store;
    struct tail_reader *reader;
    struct loop_timer *retry;
    struct activity fares;
    bool *is_unanswered;    /* by shard: the database could not be asked */
    bool *is_search;        /* [shard][topic]: the question to the reader is a search */
    struct lookup *lookups; /* in flight */
};

/* A look-up in the outbox on its way. */
struct lookup {
    struct lookup *next;
    struct tails *tails;
    int shard;
    int topic;
    uint16_t run;
    enum tail_verdict verdict;
    struct tail_found found;
};

static void lookup_free(struct lookup *lookup)
{
    struct lookup **link = &lookup->tails->lookups;
    while (*link != lookup) {
        link = &(*link)->next;
    }
    *link = lookup->next;
    free(lookup);
}

/* Another database's records in one partition: a new database has no business in the others. */
static void forbid_all(struct shards *shards, int shard, int topic, const struct tail_mark *record)
{
    for (int i = 0; i < shards->count; i++) {
        struct shard_log *log = &shards->all[i].log;
        if (i != shard && (log->state == SHARD_CHECKING || log->state == SHARD_RUNNING)) {
            const unsigned effects = shard_log_stop(
                log,
                "this database has published nothing yet, but %s/%d ends with a record of another "
                "one: to go on behind it relay-svc resume --shard %d --after-record %s --reason "
                "TEXT; or restore the database that wrote it, or set TOPIC_PREFIX for new topics",
                shards->topics[topic], shard, shard, record->id.text);
            shards_follow(shards, i, effects);
        }
    }
}

static void judge(struct tails *tails, int shard, int topic, enum tail_verdict verdict,
                  const struct tail_found *found)
{
    struct shards *shards = tails->shards;
    struct shard_log *log = &shards->all[shard].log;
    metrics_add(shards->metrics, METRIC_TAILS, verdict, 1);
    if (verdict == TAIL_OLDER) {
        char text[SHARD_REASON_MAX];
        tail_explain(verdict, shards->topics[topic], shard, &log->topics[topic].known, found, text,
                     sizeof text);
        log_event(LOG_ERROR, "kafka_lost_records", LOG_INT("shard", shard),
                  LOG_STR("topic", shards->topics[topic]), LOG_TEXT(text));
    }
    (void)FAULT_POINT("relay.tail_judged");
    /* What follows may end the questions of the shard's other topics: nothing of them is touched
     * afterwards. */
    shards_follow(shards, shard, shard_log_judge(log, topic, verdict, found));
    if (verdict == TAIL_UNKNOWN && shards->is_new) {
        forbid_all(shards, shard, topic, &found->record);
    }
}

static void ask_later(struct tails *tails, int shard)
{
    tails->is_unanswered[shard] = true;
    loop_timer_start(tails->retry, RETRY_MS);
}

static void on_error(void *user, const struct error *err)
{
    struct tails *tails = user;
    (void)activity_failed(&tails->fares, err, loop_now_ms(), jitter_draw());
}

static bool *search_flag(const struct tails *tails, int shard, int topic)
{
    return &tails->is_search[shard * tails->shards->topic_count + topic];
}

/* Before the alarm: perhaps the last record is an old row that a frozen relay sent late. */
static void search(struct tails *tails, const struct lookup *lookup)
{
    const struct shard_log *log = &tails->shards->all[lookup->shard].log;
    const int64_t wanted = log->topics[lookup->topic].known.sent.seq;
    struct error err;
    *search_flag(tails, lookup->shard, lookup->topic) = true;
    if (tail_reader_search(tails->reader, lookup->topic, lookup->shard, wanted, &err) !=
        ERROR_NONE) {
        on_error(tails, &err);
        ask_later(tails, lookup->shard);
    }
}

static void weigh(struct tails *tails, const struct lookup *lookup,
                  const struct tail_mark *in_outbox)
{
    const enum tail_verdict verdict = tail_confirm(lookup->verdict, &lookup->found, in_outbox);
    /* Both cry that Kafka has lost something, and all is published again: so it is looked for. */
    const bool is_loss = verdict == TAIL_OLDER || verdict == TAIL_LOST;
    if (is_loss && !*search_flag(tails, lookup->shard, lookup->topic)) {
        search(tails, lookup);
    } else {
        judge(tails, lookup->shard, lookup->topic, verdict, &lookup->found);
    }
}

static void on_answer(void *user, const struct tail_mark *in_outbox, const struct error *err)
{
    struct lookup *lookup = user;
    struct tails *tails = lookup->tails;
    const struct shard_log *log = &tails->shards->all[lookup->shard].log;
    if (log->state != SHARD_CHECKING || log->run != lookup->run) {
        lookup_free(lookup);
        return;
    }
    if (err != NULL) {
        ask_later(tails, lookup->shard);
    } else {
        weigh(tails, lookup, in_outbox);
    }
    lookup_free(lookup);
}

static void ask_outbox(struct tails *tails, int shard, int topic, enum tail_verdict verdict,
                       const struct tail_found *found)
{
    struct shards *shards = tails->shards;
    struct lookup *lookup = must_allocate(1, sizeof *lookup);
    *lookup = (struct lookup){tails->lookups, tails, shard, topic, shards->all[shard].log.run,
                              verdict,        *found};
    tails->lookups = lookup;
    const struct outbox_question question = {
        .shard = shard,
        .aggregate_type = shards->aggregate_types[topic],
        .seq = found->record.seq,
    };
    outbox_store_find(tails->store, &question, on_answer, lookup);
}

static void on_found(void *user, int topic, int shard, const struct tail_found *found)
{
    struct tails *tails = user;
    activity_succeeded(&tails->fares, loop_now_ms());
    const struct shard_log *log = &tails->shards->all[shard].log;
    if (log->state != SHARD_CHECKING) {
        return;
    }
    const enum tail_verdict verdict = tail_compare(&log->topics[topic].known, found);
    if (verdict == TAIL_NEWER || verdict == TAIL_OLDER) {
        ask_outbox(tails, shard, topic, verdict, found);
    } else {
        judge(tails, shard, topic, verdict, found);
    }
}

static void on_missing(void *user, int topic, int shard, const struct error *err)
{
    struct tails *tails = user;
    struct shards *shards = tails->shards;
    struct shard_log *log = &shards->all[shard].log;
    if (log->state == SHARD_CHECKING) {
        const unsigned effects = shard_log_stop(
            log,
            "%s/%d is gone (%s): restore it, or start relay-svc anew, which makes it "
            "and says how it is filled; or set TOPIC_PREFIX",
            shards->topics[topic], shard, err->text);
        shards_follow(shards, shard, effects);
    }
}

void tails_check(struct tails *tails, int shard)
{
    struct shards *shards = tails->shards;
    struct error err;
    tails->is_unanswered[shard] = false;
    for (int topic = 0; topic < shards->topic_count; topic++) {
        *search_flag(tails, shard, topic) = false;
        if (tail_reader_ask(tails->reader, topic, shard, &err) != ERROR_NONE) {
            on_error(tails, &err);
            ask_later(tails, shard);
        }
    }
}

enum error_kind tails_probe(const struct tails *tails, struct error *err)
{
    return activity_probe_lately(&tails->fares, loop_now_ms(), err);
}

void tails_forget(struct tails *tails, int shard)
{
    tails->is_unanswered[shard] = false;
    for (int topic = 0; topic < tails->shards->topic_count; topic++) {
        tail_reader_cancel(tails->reader, topic, shard);
    }
}

static void on_retry(void *user)
{
    struct tails *tails = user;
    const struct shards *shards = tails->shards;
    for (int i = 0; i < shards->count; i++) {
        if (tails->is_unanswered[i] && shards->all[i].log.state == SHARD_CHECKING) {
            tails_check(tails, i);
        }
    }
}

struct tails *tails_new(struct loop *loop, const struct tails_options *wanted)
{
    struct shards *shards = wanted->shards;
    struct tails *tails = must_allocate(1, sizeof *tails);
    bool *is_unanswered = must_allocate((size_t)shards->count, sizeof *is_unanswered);
    bool *is_search =
        must_allocate((size_t)shards->count * (size_t)shards->topic_count, sizeof *is_search);
    *tails = (struct tails){.shards = shards,
                            .store = wanted->store,
                            .fares = ACTIVITY("reading the ends of partitions"),
                            .is_unanswered = is_unanswered,
                            .is_search = is_search};
    const struct tail_reader_options options = {
        .config = wanted->kafka,
        .topics = shards->topics,
        .topic_count = shards->topic_count,
        .partitions = shards->count,
        .on_found = on_found,
        .on_missing = on_missing,
        .on_error = on_error,
        .user = tails,
    };
    tails->retry = loop_timer_new(loop, on_retry, tails);
    tails->reader = tail_reader_new(loop, &options);
    return tails;
}

void tails_free(struct tails *tails)
{
    if (tails == NULL) {
        return;
    }
    tail_reader_free(tails->reader);
    loop_timer_free(tails->retry);
    while (tails->lookups != NULL) { /* whose answers will never come */
        lookup_free(tails->lookups);
    }
    free(tails->is_unanswered);
    free(tails->is_search);
    free(tails);
}
