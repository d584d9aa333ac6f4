/* SPDX-License-Identifier: Apache-2.0 */
/*
 * receipt_search.h - what is remembered under a key, looked up by the primary key.
 */
#ifndef COMMAND_SVC_UPKEEP_RECEIPT_SEARCH_H
#define COMMAND_SVC_UPKEEP_RECEIPT_SEARCH_H

#include "common/base/strview.h"
#include "common/base/uuid7.h"
#include "common/io/postgres/pgconn.h"

/* What is remembered under a key; views are valid for the callback. */
struct found_receipt {
    int status;
    int64_t version;         /* 0: none */
    struct strview location; /* path on the query service; empty: none */
    struct strview body;
};

/* receipt is NULL when there is none; err is NULL unless the database could not be asked. */
typedef void receipt_found_fn(void *user, const struct found_receipt *receipt,
                              const struct error *err);

/* Calls back once, from the loop. */
void receipt_search(struct pgconn *conn, const struct uuid *key, receipt_found_fn *on_receipt,
                    void *user);

/* A trip that ended without an outcome: frees it, if it is a search. */
void receipt_search_forget(pgconn_done_fn *on_done, void *user);

#endif
