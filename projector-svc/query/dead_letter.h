/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dead_letter.h - a question about one aggregate that stands still.
 *
 * Private to query_dead_letters.c, which lists and shows, and query_decide.c.
 */
#ifndef PROJECTOR_SVC_QUERY_DEAD_LETTER_H
#define PROJECTOR_SVC_QUERY_DEAD_LETTER_H

#include "common/contract/topics.h"
#include "projector-svc/core/decisions.h"
#include "projector-svc/query/query.h"
#include "projector-svc/views/mark_json.h"

/* In the order of dead_letter_read(). */
enum {
    DEAD_LETTER_MARK = 0,
    DEAD_LETTER_DECIDED,
    DEAD_LETTER_SLOTS, /* as slots_ask() */
    DEAD_LETTER_POSITIONS = DEAD_LETTER_SLOTS + SLOTS_POSITION,
    DEAD_LETTER_RECORDS,
    DEAD_LETTER_READS
};

struct dead_letter {
    struct query query; /* first */
    enum aggregate_type type;
    struct strview id; /* or INCOMING_NO_ID */
    struct strview field;
    struct decision decision; /* that is asked for */
    struct strview decided;   /* all that is decided then; JSON */
};

static inline struct dead_letter *dead_letter_of(struct query *query)
{
    return (struct dead_letter *)(void *)query;
}

/* Checks token, role and path. NULL: it has been answered. */
MUST_USE struct dead_letter *dead_letter_begin(struct http_request *request,
                                               struct query_context *context);

/* What there is of it, with the first of its parked records. */
void dead_letter_read(struct dead_letter *asked, query_reply_fn *callback);

/* LINEUP_FLOWING where nothing stands still. */
struct mark_frozen dead_letter_mark(const struct redisconn_reply *reply, struct arena *arena);

/* How many of its parked records were read. */
size_t dead_letter_records(const struct redisconn_reply *reply);

/* What is known of a parked record but its value; NULL: there is none, or it is damaged. */
const struct json_value *dead_letter_record(const struct redisconn_reply *reply, size_t index,
                                            struct arena *arena);

/* POST: what an operator decides; the tag is the kind. */
http_handler dead_letter_on_decide;

#endif
