/* SPDX-License-Identifier: Apache-2.0 */
#include "relay-svc/core/shard_log_internal.h"

#include <assert.h>

static struct shard_topic_mark mark_of(const struct shard_log *log, int topic)
{
    return (struct shard_topic_mark){.sent = log->topics[topic].known.sent,
                                     .complete_to = shard_log_complete_to(log, topic)};
}

bool shard_log_is_dirty(const struct shard_log *log)
{
    assert(shard_log_is_sound(log));
    bool is_dirty = log->position != log->marked;
    for (int i = 0; i < log->topic_count && !is_dirty; i++) {
        const struct shard_topic_mark now = mark_of(log, i);
        is_dirty = !shard_topic_mark_is_same(&now, &log->topics[i].marked);
    }
    return is_dirty && shard_log_is_owned(log);
}

void shard_log_mark(const struct shard_log *log, struct shard_mark *ret_mark)
{
    assert(shard_log_is_owned(log)); /* who does not own it writes nothing down */
    assert(shard_log_is_sound(log));
    *ret_mark = (struct shard_mark){.epoch = log->epoch, .position = log->position};
    for (int i = 0; i < log->topic_count; i++) {
        ret_mark->topics[i] = mark_of(log, i);
        assert(ret_mark->topics[i].complete_to >= log->topics[i].complete_to);
    }
}

void shard_log_marked(struct shard_log *log, const struct shard_mark *mark)
{
    if (!shard_log_is_owned(log) || mark->epoch != log->epoch) {
        return;
    }
    assert(shard_log_is_sound(log));
    log->marked = mark->position;
    for (int i = 0; i < log->topic_count; i++) {
        log->topics[i].marked = mark->topics[i];
    }
}
