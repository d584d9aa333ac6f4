/* SPDX-License-Identifier: Apache-2.0 */
#include "relay-svc/core/shard_topic.h"

#include <assert.h>

static const char *const TOPIC_STATE_NAMES[] = {
    [TOPIC_LIVE] = "live",
    [TOPIC_BEHIND] = "behind",
    [TOPIC_JOINED] = "behind",
    [TOPIC_REFUSED] = "refused",
};
static_assert(sizeof TOPIC_STATE_NAMES / sizeof TOPIC_STATE_NAMES[0] == TOPIC_STATE_COUNT,
              "every state needs a name");

/* Offsets are known of what was acknowledged to us, and of that alone. */
static bool is_sound(const struct shard_topic *topic)
{
    return topic->state < TOPIC_STATE_COUNT && topic->acknowledged_ms >= -1 &&
           (!topic->known.acked.exists || topic->known.acked.offset >= 0);
}

const char *shard_topic_state_name(enum shard_topic_state state)
{
    assert(state < TOPIC_STATE_COUNT);
    return TOPIC_STATE_NAMES[state];
}

bool shard_topic_mark_is_same(const struct shard_topic_mark *a, const struct shard_topic_mark *b)
{
    return a->complete_to == b->complete_to && tail_mark_is_same(&a->sent, &b->sent);
}

void shard_topic_take_mark(struct shard_topic *topic, const struct shard_topic_mark *mark)
{
    *topic = (struct shard_topic){.known = {.sent = mark->sent},
                                  .state = TOPIC_BEHIND,
                                  .complete_to = mark->complete_to,
                                  .marked = *mark};
    assert(is_sound(topic));
    assert(shard_topic_mark_is_same(&topic->marked, mark));
}

bool shard_topic_is_proven(const struct shard_topic *topic, int64_t now_ms)
{
    assert(is_sound(topic));
    return topic->acknowledged_ms >= 0 &&
           (topic->in_flight > 0 || now_ms - topic->acknowledged_ms < SHARD_SILENCE_MS);
}

bool shard_topic_takes(const struct shard_topic *topic, int64_t seq)
{
    assert(is_sound(topic));
    assert(seq > 0);
    return (topic->state == TOPIC_LIVE || topic->state == TOPIC_JOINED) && seq > topic->complete_to;
}

void shard_topic_note_sent(struct shard_topic *topic, const struct window_row *row)
{
    assert(row->seq > 0 && row->seq >= topic->complete_to); /* what it has is not sent to it */
    topic->known.sent = (struct tail_mark){.exists = true, .seq = row->seq, .id = row->id};
}
