/* SPDX-License-Identifier: Apache-2.0 */
#include "relay-svc/publish/sending.h"

#include "common/io/loop.h"
#include "relay-svc/metrics.h"
#include "relay-svc/outbox/outbox_store.h"
#include "relay-svc/publish/publisher.h"
#include "relay-svc/shards/shards.h"

enum { ROW_OVERHEAD_BYTES = 1200 }; /* headers, and what the client keeps per message */

static int topic_of(const struct shards *shards, struct strview aggregate_type)
{
    for (int i = 0; i < shards->topic_count; i++) {
        if (strview_is(aggregate_type, shards->aggregate_types[i])) {
            return i;
        }
    }
    return -1;
}

bool sending_describe(struct shards *shards, const struct outbox_row *row,
                      struct window_row *ret_row)
{
    const int topic = topic_of(shards, row->aggregate_type);
    if (topic < 0) {
        const unsigned effects =
            shard_log_stop(&shards->all[row->shard].log,
                           "seq %lld is of aggregate type %.*s, which has no topic: add it to "
                           "AGGREGATE_TYPES and start anew",
                           (long long)row->seq, STRVIEW_ARG(row->aggregate_type));
        shards_follow(shards, row->shard, effects);
        return false;
    }
    *ret_row = (struct window_row){.seq = row->seq,
                                   .bytes = (uint32_t)row->bytes + ROW_OVERHEAD_BYTES,
                                   .topic = (int16_t)topic,
                                   .id = row->id};
    return true;
}

static void note_sent(struct shards *shards, struct shard_log *log, const struct window_row *wanted,
                      bool is_fill)
{
    if (is_fill) {
        (void)shard_log_fill_sent(log, wanted, loop_now_ms());
    } else {
        (void)shard_log_sent(log, wanted, loop_now_ms());
    }
    shards_count_sent(shards, wanted);
}

enum sending sending_send(struct publisher *publisher, struct shards *shards,
                          const struct outbox_row *row, const struct window_row *wanted,
                          bool is_fill)
{
    struct shard_log *log = &shards->all[row->shard].log;
    const struct publisher_tag tag = {.shard = (uint16_t)row->shard,
                                      .run = log->run,
                                      .is_fill = is_fill,
                                      .ticket = shard_log_next_ticket(log, is_fill)};
    unsigned effects = 0;
    struct error err;
    switch (publisher_send(publisher, wanted->topic, row, &tag, &err)) {
    case ERROR_NONE:
        note_sent(shards, log, wanted, is_fill);
        return SENDING_DONE;
    case ERROR_EXHAUSTED:
        return SENDING_CHOKED;
    case ERROR_INVALID:
        effects = shard_log_stop(
            log, "seq %lld (%.*s %s, %zu bytes) is refused by the Kafka client: %s",
            (long long)row->seq, STRVIEW_ARG(row->type), row->id.text, row->payload.len, err.text);
        break;
    case ERROR_NOT_FOUND:
    case ERROR_CONFLICT:
    case ERROR_TRANSIENT:
    case ERROR_FATAL:
    case ERROR_KIND_COUNT:
        metrics_add(shards->metrics, METRIC_DELIVERY_FAILURES, 0, 1);
        effects = shard_log_refused(log, err.text);
        break;
    }
    shards_follow(shards, row->shard, effects);
    return SENDING_ENDED;
}
