/* SPDX-License-Identifier: Apache-2.0 */
#include "relay-svc/core/request.h"

#include <assert.h>

#define WORDS_ROW(VERDICT, words) [REQUEST_##VERDICT] = (words),
static const char *const WORDS[] = {REQUEST_VERDICTS(WORDS_ROW)};

enum request_verdict request_judge(const struct request_facts *facts, const struct shard_log *log)
{
    assert(facts->topic >= -1 && facts->topic < log->topic_count);
    assert(facts->first >= 0);
    if (log->state != SHARD_RUNNING || facts->is_parking) {
        return REQUEST_WAITS;
    }
    if (facts->first == 0) {
        return REQUEST_GONE;
    }
    if (facts->is_skip && facts->first != facts->asked) {
        return REQUEST_OTHER;
    }
    if (facts->topic < 0) {
        return REQUEST_NO_TOPIC;
    }
    return log->topics[facts->topic].state == TOPIC_LIVE ? REQUEST_GOES : REQUEST_WAITS;
}

const char *request_words(enum request_verdict verdict)
{
    assert(verdict < REQUEST_VERDICT_COUNT);
    return WORDS[verdict];
}
