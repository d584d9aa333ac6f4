/* SPDX-License-Identifier: Apache-2.0 */
/*
 * view_store.h - what is stored of a batch's aggregates, loaded.
 *
 * Two trips for a usual batch: one to load, one function call to write (view_save.h). Only
 * a repeated old version, or the event a frozen aggregate waited for, costs a third.
 *
 * Ownership: the connection and the batches are the caller's; a batch must live
 * until its callback. Threads: the loop's. Callbacks never come from inside.
 */
#ifndef PROJECTOR_SVC_VIEWS_VIEW_STORE_H
#define PROJECTOR_SVC_VIEWS_VIEW_STORE_H

#include "common/base/error.h"
#include "projector-svc/views/batch.h"

struct redisconn;

/* failure is NULL, or: TRANSIENT (Redis is away), INVALID (what is stored is damaged),
 * NOT_FOUND (the function is gone), EXHAUSTED. */
typedef void view_store_done_fn(void *user, const struct error *failure);

/* Fills in the stored views and frozen states; then batch_look() is due. */
MUST_USE enum error_kind view_store_load(struct redisconn *conn, struct batch *batch,
                                         view_store_done_fn *done, void *user, struct error *err);

/* Fills in what batch_look() asked for. */
MUST_USE enum error_kind view_store_load_more(struct redisconn *conn, struct batch *batch,
                                              view_store_done_fn *done, void *user,
                                              struct error *err);

#endif
