/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/parse.h"
#include "relay-svc/outbox/outbox_parked.h"
#include "relay-svc/outbox/outbox_sql.h"
#include "relay-svc/outbox/outbox_store.h"
#include "relay-svc/outbox/outbox_store_internal.h"

#include <stdio.h>
#include <string.h>

enum { NAME_MAX = 512 }; /* of an aggregate, as a parameter; longer ones are not asked about */

/* --- parking ------------------------------------------------------------------------ */

static void on_put(void *user, size_t index, const struct pgconn_result *result)
{
    const struct errand *errand = user;
    const struct outbox_park_events *events = errand->events;
    (void)index;
    for (size_t row = 0; row < pgconn_row_count(result); row++) {
        const struct outbox_put put = {
            .parked = {.seq = pgconn_value_i64(result, row, 0),
                       .key = {.type = pgconn_value(result, row, 2),
                               .id = pgconn_value(result, row, 3)}},
            .id = pgconn_value(result, row, 1),
            .type = pgconn_value(result, row, 4),
            .version = pgconn_value_i64(result, row, 5),
        };
        events->on_put(errand->user, &put);
    }
}

/* A right, table or column that is missing says nothing of the row: once it is there, it is parked.
 */
static void on_park_done(void *user, const struct pgconn_failure *failure)
{
    struct pgconn_failure told;
    if (failure != NULL && strncmp(failure->sqlstate, "42", 2) == 0) {
        told = *failure;
        told.err.kind = ERROR_TRANSIENT;
        failure = &told;
    }
    outbox_errand_finish(user, failure);
}

void outbox_store_park(struct outbox_store *store, const struct outbox_poison *poison,
                       const struct outbox_park_events *events, void *user)
{
    const char *const params[] = {outbox_owner(store),
                                  NUMBER_TEXT(poison->lease.shard),
                                  NUMBER_TEXT(poison->lease.epoch),
                                  NUMBER_TEXT(poison->after),
                                  poison->aggregate_type,
                                  poison->why};
    pgconn_query(store->control, SQL_PARK, params, sizeof params / sizeof params[0]);
    pgconn_send_trip(store->control, on_put, on_park_done,
                     outbox_errand_new(store, OUTBOX_PARK, events, events->on_done, user));
}

static void on_block(void *user, size_t index, const struct pgconn_result *result)
{
    struct errand *errand = user;
    (void)index;
    if (pgconn_row_count(result) == 1 && pgconn_value(result, 0, 0).data != NULL) {
        errand->answer =
            (struct tail_mark){.exists = true, .seq = pgconn_value_i64(result, 0, 0), .offset = -1};
    }
}

void outbox_store_find_block(struct outbox_store *store, const struct outbox_block *block,
                             outbox_answer *on_answer, void *user)
{
    struct errand *errand = outbox_errand_new(store, OUTBOX_PARK, NULL, NULL, user);
    errand->on_answer = on_answer;
    pgconn_query(store->control, SQL_BLOCK,
                 (const char *const[]){NUMBER_TEXT(block->shard), NUMBER_TEXT(block->after),
                                       block->aggregate_type},
                 3);
    pgconn_send_trip(store->control, on_block, outbox_errand_finish, errand);
}

/* --- requests ----------------------------------------------------------------------- */

static enum outbox_request_kind kind_of(struct strview name)
{
    static const char *const NAMES[] = {[OUTBOX_SKIP] = "skip",
                                        [OUTBOX_AFTER_RECORD] = "after-record",
                                        [OUTBOX_REFILL] = "refill",
                                        [OUTBOX_PAST_SEQ] = "past-seq"};
    for (size_t i = OUTBOX_SKIP; i < sizeof NAMES / sizeof NAMES[0]; i++) {
        if (strview_is(name, NAMES[i])) {
            return (enum outbox_request_kind)i;
        }
    }
    return OUTBOX_RETRY;
}

static void on_requests(void *user, size_t index, const struct pgconn_result *result)
{
    const struct errand *errand = user;
    const struct outbox_request_events *events = errand->events;
    (void)index;
    for (size_t row = 0; row < pgconn_row_count(result); row++) {
        struct outbox_request request = {
            .about = {.shard = (int)pgconn_value_i64(result, row, 0),
                      .key = {.type = pgconn_value(result, row, 3),
                              .id = pgconn_value(result, row, 4)},
                      .seq = pgconn_value_i64(result, row, 5)},
            .id = pgconn_value_i64(result, row, 1),
            .kind = kind_of(pgconn_value(result, row, 2)),
            .topic = pgconn_value(result, row, 7),
        };
        if (pgconn_value(result, row, 6).data != NULL) {
            (void)!uuid_parse(pgconn_value(result, row, 6), &request.record);
        }
        events->on_request(errand->user, &request);
    }
}

void outbox_store_requests(struct outbox_store *store, const struct outbox_request_events *events,
                           void *user)
{
    pgconn_query(store->control, SQL_REQUESTS, (const char *const[]){outbox_owner(store)}, 1);
    pgconn_send_trip(store->control, on_requests, outbox_errand_finish,
                     outbox_errand_new(store, OUTBOX_REQUESTS, events, events->on_done, user));
}

static void tell_next(const struct errand *errand, const struct pgconn_result *result)
{
    const struct outbox_step_events *events = errand->events;
    if (pgconn_row_count(result) == 1) {
        events->on_next(errand->user, pgconn_value_i64(result, 0, 0), pgconn_value(result, 0, 1));
    }
}

static void on_next(void *user, size_t index, const struct pgconn_result *result)
{
    (void)index;
    tell_next(user, result);
}

static void on_skipped(void *user, size_t index, const struct pgconn_result *result)
{
    if (index == 1) { /* behind the decision */
        tell_next(user, result);
    }
}

void outbox_store_step(struct outbox_store *store, const struct outbox_step *step,
                       const struct outbox_step_events *events, void *user)
{
    const struct outbox_request *request = step->request;
    const bool decides = request->kind == OUTBOX_SKIP && step->published == 0;
    char type[NAME_MAX];
    char id[NAME_MAX];
    (void)snprintf(type, sizeof type, "%.*s", STRVIEW_ARG(request->about.key.type));
    (void)snprintf(id, sizeof id, "%.*s", STRVIEW_ARG(request->about.key.id));
    const char *const params[] = {outbox_owner(store),
                                  NUMBER_TEXT(step->lease.shard),
                                  NUMBER_TEXT(step->lease.epoch),
                                  type,
                                  id,
                                  NUMBER_TEXT(step->published),
                                  NUMBER_TEXT(step->lease.position),
                                  LOST_REPLACED,
                                  LOST_NOTED,
                                  LOST_BEHIND,
                                  LOST_UNKNOWN};
    if (decides) {
        pgconn_query(store->control, SQL_SKIP,
                     (const char *const[]){NUMBER_TEXT(request->id), params[0], params[2]}, 3);
    }
    pgconn_query(store->control, SQL_NEXT, params, sizeof params / sizeof params[0]);
    pgconn_send_trip(store->control, decides ? on_skipped : on_next, outbox_errand_finish,
                     outbox_errand_new(store, OUTBOX_FREE, events, events->on_done, user));
}

static void on_row(void *user, size_t index, const struct pgconn_result *result)
{
    const struct errand *errand = user;
    const struct outbox_step_events *events = errand->events;
    (void)index;
    if (pgconn_row_count(result) == 1) {
        const struct outbox_row row = outbox_row_of(result, 0);
        events->on_row(errand->user, &row);
    }
}

void outbox_store_row(struct outbox_store *store, int shard, int64_t seq,
                      const struct outbox_step_events *events, void *user)
{
    pgconn_query(store->control, SQL_ROW,
                 (const char *const[]){NUMBER_TEXT(shard), NUMBER_TEXT(seq)}, 2);
    pgconn_send_trip(store->control, on_row, outbox_errand_finish,
                     outbox_errand_new(store, OUTBOX_FREE, events, events->on_done, user));
}

static void on_resumed(void *user, size_t index, const struct pgconn_result *result)
{
    const struct errand *errand = user;
    const struct outbox_resume_events *events = errand->events;
    (void)index;
    if (pgconn_row_count(result) == 1) {
        events->on_resumed(errand->user);
    }
}

void outbox_store_resume(struct outbox_store *store, const struct outbox_resumption *resumption,
                         const struct outbox_resume_events *events, void *user)
{
    const struct tail_mark *sent = &resumption->sent;
    const char *const params[] = {
        outbox_owner(store),
        NUMBER_TEXT(resumption->lease.shard),
        NUMBER_TEXT(resumption->lease.epoch),
        resumption->topic,
        sent->exists ? NUMBER_TEXT(sent->seq) : NULL,
        sent->exists ? sent->id.text : NULL,
        resumption->complete_to >= 0 ? NUMBER_TEXT(resumption->complete_to) : NULL};
    pgconn_query(store->control, SQL_RESUME, params, sizeof params / sizeof params[0]);
    pgconn_send_trip(store->control, on_resumed, outbox_errand_finish,
                     outbox_errand_new(store, OUTBOX_FREE, events, events->on_done, user));
}

void outbox_store_end(struct outbox_store *store, int64_t request, const char *outcome,
                      outbox_done *on_done, void *user)
{
    pgconn_query(store->control, SQL_END,
                 (const char *const[]){NUMBER_TEXT(request), outbox_owner(store), outcome}, 3);
    pgconn_send_trip(store->control, NULL, outbox_errand_finish,
                     outbox_errand_new(store, OUTBOX_FREE, NULL, on_done, user));
}
