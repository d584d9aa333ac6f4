/* SPDX-License-Identifier: Apache-2.0 */
/*
 * crowd.h - the connections of a server, in the order in which they came.
 *
 * Why lists by standing: who has not asked for anything yet makes place for others, and so does
 * who is between requests, strangers sooner; who is busy keeps its place, and who is gone is
 * kept only until nothing on the stack can point at it any more.
 *
 * Pure. Ownership: a member is part of its connection, which leaves before it is freed.
 */
#ifndef COMMON_IO_HTTP_CROWD_H
#define COMMON_IO_HTTP_CROWD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct http_connection;

enum {
    HTTP_GRACE_MS = 250,  /* a request that was sent at once has been seen by then */
    HTTP_LONG_MS = 10000, /* idle for so long, it makes place though it has shown a token */
};

enum http_standing {
    HTTP_FRESH = 0, /* no request has come yet */
    HTTP_STRANGER,  /* between requests; none of them showed a token */
    HTTP_IDLE,      /* between requests, and one of them did */
    HTTP_BUSY,
    HTTP_GONE, /* closed, and not yet freed */
    HTTP_STANDING_COUNT
};

struct http_member {
    struct http_connection *connection;
    struct http_member *next, *previous;
    enum http_standing standing;
    bool has_shown_token;
    int64_t since_ms; /* when it began to stand there */
    size_t held; /* bytes, as a stranger, that closing it would set free; 0: not to be closed */
};

/* All zero: nobody. */
struct http_crowd {
    struct {
        struct http_member *first;
        size_t count;
    } lists[HTTP_STANDING_COUNT];
};

/* Joins the end of a list. */
void http_crowd_join(struct http_crowd *crowd, struct http_member *member,
                     enum http_standing standing, int64_t now_ms);
void http_crowd_leave(struct http_crowd *crowd, struct http_member *member);

/* Leaves its list for the end of another. */
void http_crowd_move(struct http_crowd *crowd, struct http_member *member,
                     enum http_standing standing, int64_t now_ms);

/* The one that is to make place for another, or NULL: who has not asked, then strangers between
 * requests, then others that have been idle for long; of each the one that has stood longest. */
struct http_member *http_crowd_dispensable(const struct http_crowd *crowd, int64_t now_ms);

/* How many stand there. */
size_t http_crowd_count(const struct http_crowd *crowd, enum http_standing standing);

/* The one that has stood there longest, or NULL. */
struct http_member *http_crowd_first(const struct http_crowd *crowd, enum http_standing standing);

/* The one, other than this, that holds most; NULL where none holds anything. */
struct http_member *http_crowd_largest(const struct http_crowd *crowd,
                                       const struct http_member *other_than);

#endif
