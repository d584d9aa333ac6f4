/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/news.h"

bool news_is_due(struct news *news, uint64_t times, int64_t now_ms, uint64_t *ret_times)
{
    const bool is_lately =
        news->was_said && now_ms >= news->said_ms && now_ms - news->said_ms < NEWS_EVERY_MS;
    news->unsaid += times;
    if (news->unsaid == 0 || is_lately) {
        return false;
    }
    *ret_times = news->unsaid;
    *news = (struct news){.was_said = true, .said_ms = now_ms};
    return true;
}
