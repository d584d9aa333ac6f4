/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rebuild_proof.h - are rebuilt views what the outbox tells? A verify of the spare database, beside
 * the rebuild that fills it.
 *
 * Why a thread: verify waits for an answer at a time, and meanwhile the rebuilt views must go on
 * behind the live ones, or what is compared is never there.
 *
 * Why only what is found in Redis counts: views are to be exchanged. A row or record that is lost
 * elsewhere is told as well, but no exchange makes it better or worse; and where Kafka has lost
 * records, views made of replayed ones are what mends it.
 *
 * Threads: the loop's; what verify tells is printed by the other one.
 */
#ifndef PROJECTOR_SVC_REBUILD_PROOF_H
#define PROJECTOR_SVC_REBUILD_PROOF_H

#include "common/base/error.h"

struct loop;
struct rebuild_proof;
struct verify_options;

/* on_done: once for each begin, from the loop. failure NULL: they are; ERROR_INVALID: they are not,
 * or not all could be compared; else one of the three did not answer. */
struct rebuild_proof *rebuild_proof_new(struct loop *loop, const struct verify_options *options,
                                        void (*on_done)(void *user, const struct error *failure),
                                        void *user);

/* Not while one is under way. */
void rebuild_proof_begin(struct rebuild_proof *proof);

/* Waits for what is under way to leave off. Accepts NULL. */
void rebuild_proof_free(struct rebuild_proof *proof);

#endif
