/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stream_text.h - entries of stream:orders as server-sent events, in the forms in which they are
 * shown.
 *
 * Why made once for all readers: a thousand of them are told the same, and only what a role may not
 * read makes a difference.
 *
 * Ownership: texts live in the page's arena, entries point into the reply they were read from.
 */
#ifndef PROJECTOR_SVC_QUERY_STREAM_TEXT_H
#define PROJECTOR_SVC_QUERY_STREAM_TEXT_H

#include "common/base/arena.h"
#include "common/base/id_form.h"
#include "common/base/strbuf.h"
#include "common/base/uuid7.h"
#include "common/contract/role.h"
#include "projector-svc/core/stream_page.h"

#include <stdbool.h>
#include <stddef.h>

struct redisconn_reply;

enum {
    STREAM_FORMS = 4, /* with and without what is internal, and with and without whose it is */
    STREAM_EVENT_MAX = 2048, /* bytes of an event; a longer one is none of ours */
};

/* Whose events a reader is told; empty: all of them. */
struct stream_filter {
    char order_id[UUID_TEXT_LEN + 1];
    char customer_id[ID_FORM_MAX + 1];
};

struct stream_entry {
    struct strview order_id;
    struct strview customer_id;
    const struct redisconn_reply *fields; /* name, value ... */
    struct strview texts[STREAM_FORMS];   /* as far as they were asked for; data NULL: not yet */
};

struct stream_entries {
    struct arena *arena;
    struct stream_entry *each;
    struct stream_id *ids;
    size_t count;
};

/* Of XRANGE's reply. False: the arena is too small, or it is no such reply. */
MUST_USE bool stream_entries_read(const struct redisconn_reply *reply, struct arena *arena,
                                  struct stream_entries *ret);

bool stream_filter_takes(const struct stream_filter *filter, const struct stream_entry *entry);

/* The event as that role is shown it; empty: it cannot be shown. */
struct strview stream_event_text(struct stream_entries *entries, size_t index, enum role role);

/* "event: reset": what a reader had last, and why what followed it is not known to be whole. */
void stream_put_reset(struct strbuf *out, struct stream_id now_at, const char *reason);

/* "event: freshness"; document is JSON. */
void stream_put_freshness(struct strbuf *out, struct stream_id now_at, struct strview document);

/* Only how far the reader is: no event, but what it will ask for when it comes again. */
void stream_put_place(struct strbuf *out, struct stream_id now_at);

#endif
