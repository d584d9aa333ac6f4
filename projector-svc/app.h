/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app.h - builds projector-svc's object graph, runs it, takes it down in reverse.
 */
#ifndef PROJECTOR_SVC_APP_H
#define PROJECTOR_SVC_APP_H

struct service_call;

/* The subcommand serve: returns the exit code. */
int app_serve(const struct service_call *call);

/* The same with one half only. A serving process alone needs no setting but those of its Redis. */
int app_serve_only(const struct service_call *call);
int app_project_only(const struct service_call *call);

/* The subcommand status: asks the running projector. */
int app_status(const struct service_call *call);

#define DEAD_LETTERS_ARGUMENTS                                                                     \
    "list | show TYPE:ID | retry TYPE:ID [--reason TEXT] | skip TYPE:ID --reason TEXT [-o json]"

/* The subcommand dead-letters: the same, and tells it what an operator has decided. */
int app_dead_letters(const struct service_call *call);

#endif
