/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/must.h"
#include "relay-svc/outbox/outbox_store_internal.h"

#include <stdlib.h>

struct errand *outbox_errand_new(struct outbox_store *store, enum outbox_work work,
                                 const void *events, outbox_done *on_done, void *user)
{
    struct errand *errand = must_allocate(1, sizeof *errand);
    *errand = (struct errand){
        .next = store->errands,
        .store = store,
        .work = work,
        .events = events,
        .on_done = on_done,
        .user = user,
    };
    store->errands = errand;
    return errand;
}

static void errand_free(struct errand *errand)
{
    struct errand **link = &errand->store->errands;
    while (*link != errand) {
        link = &(*link)->next;
    }
    *link = errand->next;
    free(errand);
}

void outbox_forget_errands(struct outbox_store *store)
{
    while (store->errands != NULL) {
        errand_free(store->errands);
    }
}

void outbox_errand_finish(void *user, const struct pgconn_failure *failure)
{
    struct errand *errand = user;
    const struct error *err = pgconn_error_of(failure);
    if (failure == NULL || failure->index != SIZE_MAX) { /* a connection has a state of its own */
        (void)activity_note(&errand->store->works[errand->work], err);
    }
    if (errand->on_answer != NULL) {
        errand->on_answer(errand->user, &errand->answer, err);
    } else {
        errand->on_done(errand->user, err);
    }
    errand_free(errand);
}

void outbox_put_leases(const struct outbox_lease *leases, size_t count, struct strbuf *shards,
                       struct strbuf *epochs, struct strbuf *positions)
{
    struct strbuf *const all[] = {shards, epochs, positions};
    for (size_t column = 0; column < 3; column++) {
        if (all[column] == NULL) {
            continue;
        }
        strbuf_reset(all[column]);
        pgconn_array_open(all[column]);
        for (size_t i = 0; i < count; i++) {
            const int64_t values[] = {leases[i].shard, leases[i].epoch, leases[i].position};
            pgconn_array_i64(all[column], values[column]);
        }
        pgconn_array_close(all[column]);
    }
}
