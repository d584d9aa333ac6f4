/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stream_page.h - where a reader of stream:orders goes on, in a page read from there.
 *
 * Why an id must be found, and not only be smaller than what is read: entries are cut off at one
 * end when there are too many, and Redis may lose the other one. Only where the entry that a reader
 * had last stands in the page, what follows it is all that there is to follow.
 *
 * Why none is 0-0: it was handed out while the stream was empty. As long as the stream is shorter
 * than the least that is ever kept, nothing was cut off, so that all of it follows.
 *
 * Pure. Ids are Redis's: milliseconds, and a number within them.
 */
#ifndef PROJECTOR_SVC_CORE_STREAM_PAGE_H
#define PROJECTOR_SVC_CORE_STREAM_PAGE_H

#include "common/base/error.h"
#include "common/base/strview.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    STREAM_ENTRIES_LEAST = 1000, /* that are ever kept */
    STREAM_ID_SIZE = sizeof "18446744073709551615-18446744073709551615",
};

struct stream_id {
    uint64_t ms;
    uint64_t number;
};

#define STREAM_ID_NONE ((struct stream_id){0, 0})

/* Exactly as stream_id_print() writes it. */
MUST_USE bool stream_id_parse(struct strview text, struct stream_id *ret);

/* The text lies in out. */
struct strview stream_id_print(struct stream_id id, char out[static STREAM_ID_SIZE]);

/* Below, at or above 0, as memcmp(). */
int stream_id_compare(struct stream_id a, struct stream_id b);

/*
 * BEYOND: on a later page.
 * FOUND:  goes on with the entry at *ret_next.
 * GONE:   too old, or it was lost and others took its place: what followed is not all there.
 * AHEAD:  newer than the stream's last one: Redis lost its end.
 */
enum stream_place { STREAM_BEYOND = 0, STREAM_FOUND, STREAM_GONE, STREAM_AHEAD };

/* Entries in order, from a reader's own on. */
struct stream_page {
    const struct stream_id *ids;
    size_t count;
    bool is_last;  /* the stream ends with it */
    size_t length; /* of the whole stream */
};

/* at: not below the id from which on the page was read. */
enum stream_place stream_page_find(const struct stream_page *page, struct stream_id at,
                                   size_t *ret_next);

#endif
