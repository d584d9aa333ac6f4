/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/jitter.h"
#include "common/io/loop.h"
#include "common/run/auth.h"
#include "common/run/metrics.h"
#include "projector-svc/metrics.h"
#include "projector-svc/query/stream_hub_internal.h"

enum {
    PIECE = 4096,      /* bytes; events are sent together up to here */
    RETRY_MS = 1000,   /* readers come again after one to three of these: not all at once */
    SKIPPED_MAX = 500, /* entries that are not told, until the place is; see STREAM_ENTRIES_LEAST */
};

/* Sends what was put together. False: its reader does not take all of it at once. */
static bool flush(struct live *live)
{
    struct strbuf *piece = &live->hub->piece;
    if (strbuf_view(piece).len > 0) {
        http_stream_send(live->stream, strbuf_view(piece));
        live->skipped = 0;
    }
    strbuf_reset(piece);
    live->state = http_stream_has_unsent(live->stream) ? LIVE_HELD : LIVE_FOLLOWS;
    return live->state == LIVE_FOLLOWS;
}

static void put_freshness(struct live *live)
{
    struct stream_hub *hub = live->hub;
    stream_put_freshness(&hub->piece, live->at, strbuf_view(&hub->freshness));
}

void stream_live_announce(struct live *live)
{
    if (live->state == LIVE_FOLLOWS) {
        strbuf_append(&live->hub->piece, STRVIEW(": heartbeat\n"));
        put_freshness(live);
        (void)flush(live);
    }
}

static void put_reset(struct live *live, enum metric_reset why)
{
    struct stream_hub *hub = live->hub;
    live->at = hub->end;
    metrics_add(hub->options.metrics, METRIC_STREAM_RESETS, why, 1);
    stream_put_reset(&hub->piece, live->at, metric_reset_name(why));
}

/* The entries from there on that are its, as far as its reader takes them. */
static void tell_entries(struct live *live, struct page *page, size_t next)
{
    struct stream_hub *hub = live->hub;
    for (size_t i = next; i < page->entries.count; i++) {
        live->skipped++;
        if (stream_filter_takes(&live->filter, &page->entries.each[i])) {
            const struct strview text = stream_event_text(&page->entries, i, live->role);
            if (strbuf_view(&hub->piece).len + text.len > PIECE && !flush(live)) {
                return; /* its place is behind the last one that was sent */
            }
            strbuf_append(&hub->piece, text);
            metrics_add(hub->options.metrics, METRIC_STREAM_EVENTS, 0, text.len > 0 ? 1 : 0);
        }
        live->at = page->entries.ids[i];
    }
    if (strbuf_view(&hub->piece).len == 0 && live->skipped >= SKIPPED_MAX) {
        stream_put_place(&hub->piece, live->at);
    }
    (void)flush(live);
}

/* Who was let in may have been turned away since, or its token has expired. */
static bool may_go_on(const struct live *live)
{
    return live->auth_epoch == auth_epoch(live->hub->options.auth) &&
           loop_wall_ms() < live->until_ms;
}

static void put_retry(struct live *live)
{
    strbuf_printf(&live->hub->piece, "retry: %d\n",
                  RETRY_MS + (int)(jitter_draw() % (2 * RETRY_MS)));
}

/* Before anything that has an id: a reader that got the id alone would come again with it, and
 * never learn that something is missing. */
static void begin_anew(struct live *live, enum metric_reset why)
{
    put_retry(live);
    put_reset(live, why);
    put_freshness(live);
    (void)flush(live);
}

static void begin_at_end(struct live *live)
{
    if (live->is_lost) {
        begin_anew(live, RESET_UNKNOWN);
        return;
    }
    live->at = live->hub->end;
    put_retry(live);
    put_freshness(live);
    (void)flush(live);
}

static void lose_place(struct live *live, enum metric_reset why)
{
    if (live->state == LIVE_RESUMED) {
        begin_anew(live, why);
        return;
    }
    put_reset(live, why);
    (void)flush(live);
}

static void go_on(struct live *live, struct page *page)
{
    size_t next = 0;
    const enum stream_place place = stream_page_find(&page->place, live->at, &next);
    if (place == STREAM_BEYOND) {
        return;
    }
    if (place != STREAM_FOUND) {
        lose_place(live, place == STREAM_GONE ? RESET_GONE : RESET_AHEAD);
        return;
    }
    if (live->state == LIVE_RESUMED) { /* in the same piece: one that is held would miss it */
        put_retry(live);
        put_freshness(live);
    }
    tell_entries(live, page, next);
}

void stream_live_serve(struct live *live, struct page *page)
{
    const struct stream_hub *hub = live->hub;
    const bool is_greeted = live->state != LIVE_NEW && live->state != LIVE_RESUMED;
    if (!may_go_on(live)) {
        stream_hub_end(live);
    } else if (http_stream_has_unsent(live->stream) || (!is_greeted && hub->wants_freshness)) {
        return; /* another time */
    } else if (live->state == LIVE_NEW) {
        begin_at_end(live);
    } else if (stream_id_compare(live->at, hub->from) >= 0) {
        go_on(live, page);
    }
}
