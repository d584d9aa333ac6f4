/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/http/crowd.h"

#include <assert.h>
#include <utlist.h>

void http_crowd_join(struct http_crowd *crowd, struct http_member *member,
                     enum http_standing standing, int64_t now_ms)
{
    struct http_member *first = crowd->lists[standing].first;
    assert(first == NULL || first->standing == standing);
    member->standing = standing;
    member->since_ms = now_ms;
    DL_APPEND2(crowd->lists[standing].first, member, previous, next);
    crowd->lists[standing].count++;
}

void http_crowd_leave(struct http_crowd *crowd, struct http_member *member)
{
    assert(crowd->lists[member->standing].count > 0);
    crowd->lists[member->standing].count--;
    DL_DELETE2(crowd->lists[member->standing].first, member, previous, next);
}

void http_crowd_move(struct http_crowd *crowd, struct http_member *member,
                     enum http_standing standing, int64_t now_ms)
{
    http_crowd_leave(crowd, member);
    http_crowd_join(crowd, member, standing, now_ms);
}

struct http_member *http_crowd_dispensable(const struct http_crowd *crowd, int64_t now_ms)
{
    static const struct {
        enum http_standing standing;
        int64_t after_ms;
    } ORDER[] = {
        {HTTP_FRESH, HTTP_GRACE_MS}, {HTTP_STRANGER, HTTP_GRACE_MS}, {HTTP_IDLE, HTTP_LONG_MS}};
    for (size_t i = 0; i < sizeof ORDER / sizeof ORDER[0]; i++) {
        struct http_member *oldest = http_crowd_first(crowd, ORDER[i].standing);
        if (oldest != NULL && now_ms - oldest->since_ms >= ORDER[i].after_ms) {
            return oldest;
        }
    }
    return NULL;
}

size_t http_crowd_count(const struct http_crowd *crowd, enum http_standing standing)
{
    return crowd->lists[standing].count;
}

struct http_member *http_crowd_first(const struct http_crowd *crowd, enum http_standing standing)
{
    return crowd->lists[standing].first;
}

struct http_member *http_crowd_largest(const struct http_crowd *crowd,
                                       const struct http_member *other_than)
{
    struct http_member *largest = NULL;
    size_t most = 0;
    for (int standing = 0; standing < HTTP_GONE; standing++) {
        for (struct http_member *each = crowd->lists[standing].first; each != NULL;
             each = each->next) {
            if (each != other_than && each->held > most) {
                largest = each;
                most = each->held;
            }
        }
    }
    return largest;
}
