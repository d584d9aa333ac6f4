/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app.h - builds projector-svc's object graph, runs it, takes it down in reverse.
 */
#ifndef PROJECTOR_SVC_APP_H
#define PROJECTOR_SVC_APP_H

struct projector_options;
struct projector_settings;
struct service_call;

/* Batches and fetched blocks come and go in large pieces. By default glibc would keep ever larger
 * ones on the heap, where a single small piece above holds all of them; and what librdkafka's
 * thread allocates and we free would stay in a heap of its own. */
void app_return_large_pieces(void);

/* As far as settings say. */
struct projector_options app_projector_options(const struct service_call *call);

/* The subcommand serve: returns the exit code. */
int app_serve(const struct service_call *call);

/* The same with one half only. A serving process alone needs no setting but those of its Redis. */
int app_serve_only(const struct service_call *call);
int app_project_only(const struct service_call *call);

/* The subcommand doctor: is all that it needs there? */
int app_doctor(const struct service_call *call);

/* The subcommand status: asks the running projector. */
int app_status(const struct service_call *call);

/* The subcommand dead-letters: the same, and tells it what an operator has decided. */
int app_dead_letters(const struct service_call *call);

/* The subcommands rebuild and rollback: another copy of the views takes the place of the live one.
 */
int app_rebuild(const struct service_call *call);
int app_rollback(const struct service_call *call);

/* The subcommand verify: looks at PostgreSQL, Kafka and Redis itself. */
int app_verify(const struct service_call *call);

/* The subcommand explain: where the events of one order are, in all three. */
int app_explain(const struct service_call *call);

#endif
