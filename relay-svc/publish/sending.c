/* SPDX-License-Identifier: Apache-2.0 */
#include "relay-svc/publish/sending.h"

#include "common/base/parse.h"
#include "common/io/loop.h"
#include "relay-svc/metrics.h"
#include "relay-svc/outbox/outbox_store.h"
#include "relay-svc/publish/publisher.h"
#include "relay-svc/shards/shards.h"

enum { ROW_OVERHEAD_BYTES = 1200 }; /* headers, and what the client keeps per message */

int sending_topic(const struct shards *shards, struct strview aggregate_type)
{
    for (int i = 0; i < shards->topic_count; i++) {
        if (strview_is(aggregate_type, shards->aggregate_types[i])) {
            return i;
        }
    }
    return -1;
}

struct window_row sending_row(const struct outbox_row *row, int topic)
{
    return (struct window_row){.seq = row->seq,
                               .bytes = (uint32_t)row->bytes + ROW_OVERHEAD_BYTES,
                               .topic = (int16_t)topic,
                               .id = row->id};
}

bool sending_describe(struct shards *shards, const struct outbox_row *row, enum shard_way way,
                      struct window_row *ret_row)
{
    const struct aggregate_key key = {.type = row->aggregate_type, .id = row->aggregate_id};
    const bool is_parked = quarantine_holds(&shards->all[row->shard].parked, &key, row->seq);
    const int topic = is_parked ? SHARD_PASSES : sending_topic(shards, row->aggregate_type);
    if (topic < 0 && !is_parked) {
        shards_poison(shards, row->shard, way,
                      "aggregate type %.*s has no topic: add it to AGGREGATE_TYPES and start anew",
                      STRVIEW_ARG(row->aggregate_type));
        return false;
    }
    *ret_row = sending_row(row, topic);
    return true;
}

static void note_sent(struct shards *shards, struct shard_log *log, const struct window_row *wanted,
                      enum shard_way way)
{
    if (way == WAY_FILL) {
        (void)shard_log_fill_sent(log, wanted, loop_now_ms());
    } else {
        (void)shard_log_sent(log, wanted, loop_now_ms());
    }
    shards_count_sent(shards, wanted);
}

enum sending sending_send(struct publisher *publisher, struct shards *shards,
                          const struct outbox_row *row, const struct window_row *wanted,
                          enum shard_way way)
{
    struct shard_log *log = &shards->all[row->shard].log;
    const struct publisher_tag tag = {.shard = (uint16_t)row->shard,
                                      .run = log->run,
                                      .way = way,
                                      .ticket = shard_log_next_ticket(log, way)};
    unsigned effects = 0;
    struct error err;
    switch (publisher_send(publisher, wanted->topic, row, &tag, &err)) {
    case ERROR_NONE:
        note_sent(shards, log, wanted, way);
        return SENDING_DONE;
    case ERROR_EXHAUSTED:
        return SENDING_CHOKED;
    case ERROR_INVALID:
        shards_poison_size(shards, row->shard, way, err.text);
        return SENDING_ENDED;
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

void sending_observe_age(const struct shards *shards, const struct outbox_row *row)
{
    char text[TIME_TEXT_LEN + 1];
    int64_t occurred_ms = 0;
    if (parse_time_ms(publisher_format_time(row->occurred_at, text), &occurred_ms)) {
        const int64_t age_ms = loop_wall_ms() - occurred_ms;
        metrics_observe(shards->metrics, METRIC_PRODUCE_SECONDS, 0,
                        age_ms < 0 ? 0 : (double)age_ms / 1e3); /* clocks differ */
    }
}
