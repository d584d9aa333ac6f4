/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/http/crowd.h"

#include <assert.h>

void http_crowd_join(struct http_crowd *crowd, struct http_member *member,
                     enum http_standing standing)
{
    struct http_member *last = crowd->lists[standing].last;
    assert(last == NULL || (last->standing == standing && last->next == NULL));
    member->standing = standing;
    member->next = NULL;
    member->previous = last;
    if (last != NULL) {
        last->next = member;
    } else {
        crowd->lists[standing].first = member;
    }
    crowd->lists[standing].last = member;
}

void http_crowd_leave(struct http_crowd *crowd, struct http_member *member)
{
    if (member->previous != NULL) {
        member->previous->next = member->next;
    } else {
        assert(crowd->lists[member->standing].first == member);
        crowd->lists[member->standing].first = member->next;
    }
    if (member->next != NULL) {
        member->next->previous = member->previous;
    } else {
        assert(crowd->lists[member->standing].last == member);
        crowd->lists[member->standing].last = member->previous;
    }
}

void http_crowd_move(struct http_crowd *crowd, struct http_member *member,
                     enum http_standing standing)
{
    http_crowd_leave(crowd, member);
    http_crowd_join(crowd, member, standing);
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
