/* SPDX-License-Identifier: Apache-2.0 */
#include "relay-svc/publish/sending.h"

#include "common/io/loop.h"
#include "relay-svc/core/share.h"
#include "relay-svc/effects.h"
#include "relay-svc/metrics.h"
#include "relay-svc/outbox/outbox_store.h"
#include "relay-svc/publish/publisher.h"

enum {
    ROW_OVERHEAD_BYTES = 1200, /* headers, and what the client keeps per message */
    IN_FLIGHT_ROWS_MAX = 4000,
    IN_FLIGHT_BYTES_MAX = 7 << 20, /* overhead counted in; below the producer's queue */
};

static int topic_of(const struct relay *relay, struct strview aggregate_type)
{
    for (int i = 0; i < relay->options.topic_count; i++) {
        if (strview_is(aggregate_type, relay->options.aggregate_types[i])) {
            return i;
        }
    }
    return -1;
}

bool sending_describe(struct relay *relay, const struct outbox_row *row, struct window_row *ret_row)
{
    const int topic = topic_of(relay, row->aggregate_type);
    if (topic < 0) {
        const unsigned effects =
            shard_log_stop(&relay->shards[row->shard].log,
                           "seq %lld is of aggregate type %.*s, which has no topic: add it to "
                           "AGGREGATE_TYPES and start anew",
                           (long long)row->seq, STRVIEW_ARG(row->aggregate_type));
        effects_carry_out(relay, row->shard, effects);
        return false;
    }
    *ret_row = (struct window_row){.seq = row->seq,
                                   .bytes = (uint32_t)row->bytes + ROW_OVERHEAD_BYTES,
                                   .topic = (int16_t)topic,
                                   .id = row->id};
    return true;
}

static void note_sent(struct relay *relay, struct shard_log *log, const struct window_row *wanted,
                      bool is_fill)
{
    if (is_fill) {
        (void)shard_log_fill_sent(log, wanted, loop_now_ms());
    } else {
        (void)shard_log_sent(log, wanted, loop_now_ms());
    }
    relay->flight_bytes += wanted->bytes;
    relay->flight_rows++;
}

enum sending sending_send(struct relay *relay, const struct outbox_row *row,
                          const struct window_row *wanted, bool is_fill)
{
    struct shard_log *log = &relay->shards[row->shard].log;
    const struct publisher_tag tag = {.shard = (uint16_t)row->shard,
                                      .run = log->run,
                                      .is_fill = is_fill,
                                      .ticket = shard_log_next_ticket(log, is_fill)};
    unsigned effects = 0;
    struct error err;
    switch (publisher_send(relay->publisher, wanted->topic, row, &tag, &err)) {
    case ERROR_NONE:
        note_sent(relay, log, wanted, is_fill);
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
        metrics_add(relay->options.metrics, METRIC_DELIVERY_FAILURES, 0, 1);
        effects = shard_log_refused(log, err.text);
        break;
    }
    effects_carry_out(relay, row->shard, effects);
    return SENDING_ENDED;
}

void sending_recount(struct relay *relay)
{
    relay->flight_bytes = 0;
    relay->flight_rows = 0;
    relay->flight_shards = 0;
    for (int i = 0; i < relay->shard_count; i++) {
        relay->flight_bytes += shard_log_bytes(&relay->shards[i].log);
        relay->flight_rows += shard_log_in_flight(&relay->shards[i].log);
        relay->flight_shards += shard_log_is_owned(&relay->shards[i].log) ? 1 : 0;
    }
}

static size_t left(const struct relay *relay, size_t budget, size_t used, size_t own)
{
    return share_left(budget, relay->flight_shards > 0 ? relay->flight_shards : 1, used, own);
}

size_t sending_bytes_left(const struct relay *relay, const struct relay_shard *shard)
{
    return left(relay, IN_FLIGHT_BYTES_MAX, relay->flight_bytes, shard_log_bytes(&shard->log));
}

size_t sending_rows_left(const struct relay *relay, const struct relay_shard *shard)
{
    return left(relay, IN_FLIGHT_ROWS_MAX, relay->flight_rows, shard_log_in_flight(&shard->log));
}
