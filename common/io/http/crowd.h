/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crowd.h - the connections of a server, in the order in which they came.
 *
 * Why lists by standing: who has not asked for anything yet makes place for others, who has keeps
 * it, and who is gone is kept only until nothing on the stack can point at it any more.
 *
 * Pure. Ownership: a member is part of its connection, which leaves before it is freed.
 */
#ifndef COMMON_IO_HTTP_CROWD_H
#define COMMON_IO_HTTP_CROWD_H

#include <stddef.h>
#include <stdint.h>

struct http_connection;

enum http_standing {
    HTTP_FRESH = 0, /* no request has come yet */
    HTTP_KNOWN,
    HTTP_GONE, /* closed, and not yet freed */
    HTTP_STANDING_COUNT
};

struct http_member {
    struct http_connection *connection;
    struct http_member *next;
    struct http_member *previous;
    enum http_standing standing;
    int64_t since_ms;
    size_t held; /* bytes, as a stranger, that closing it would set free; 0: not to be closed */
};

/* All zero: nobody. */
struct http_crowd {
    struct {
        struct http_member *first;
        struct http_member *last;
    } lists[HTTP_STANDING_COUNT];
};

/* Joins the end of a list. */
void http_crowd_join(struct http_crowd *crowd, struct http_member *member,
                     enum http_standing standing);
void http_crowd_leave(struct http_crowd *crowd, struct http_member *member);

/* Leaves its list for the end of another. */
void http_crowd_move(struct http_crowd *crowd, struct http_member *member,
                     enum http_standing standing);

/* The one that has stood there longest, or NULL. */
struct http_member *http_crowd_first(const struct http_crowd *crowd, enum http_standing standing);

/* The one, other than this, that holds most; NULL where none holds anything. */
struct http_member *http_crowd_largest(const struct http_crowd *crowd,
                                       const struct http_member *other_than);

#endif
