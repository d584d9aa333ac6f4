/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/http/pause.h"

#include <assert.h>

static unsigned reach_of(const struct http_pause *pause)
{
    return pause->reach == 0 ? 1 : pause->reach;
}

int http_pause_next(struct http_pause *pause, bool is_refused)
{
    const unsigned reach = reach_of(pause);
    if (!is_refused) {
        pause->answered++;
        return 0;
    }
    pause->refused++;
    pause->turn = pause->turn >= reach ? 1 : pause->turn + 1;
    assert(pause->turn >= 1 && pause->turn <= HTTP_PAUSE_MOST);
    return (int)pause->turn;
}

/*
 * Who waits n seconds and a half of one on average is refused every n and a half: so many are away
 * as come in that time. They are to come in a time in which PART times as many are answered.
 */
static unsigned reach_wanted(const struct http_pause *pause)
{
    if (pause->refused < HTTP_PAUSE_FEW) {
        return 1;
    }
    const uint64_t twice_away = pause->refused * (reach_of(pause) + 1);
    const uint64_t wanted = twice_away * HTTP_PAUSE_PART / (pause->answered + 1);
    return wanted <= 2 ? 1 : wanted > HTTP_PAUSE_MOST ? HTTP_PAUSE_MOST : (unsigned)wanted - 1;
}

/* It grows at once and falls by half, as those who were sent away for long are still to come. */
void http_pause_pass(struct http_pause *pause, int64_t seconds)
{
    const unsigned wanted = reach_wanted(pause);
    unsigned reach = seconds > 0 ? reach_of(pause) / 2 : reach_of(pause);
    reach = reach > wanted ? reach : wanted;
    for (; seconds > 1 && reach > 1; seconds--) {
        reach /= 2;
    }
    pause->reach = reach;
    pause->refused = 0;
    pause->answered = 0;
}
