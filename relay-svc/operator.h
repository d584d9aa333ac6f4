/* SPDX-License-Identifier: Apache-2.0 */
/*
 * operator.h - what the subcommands share that ask the database: `quarantine` and `resume`, by
 * which a person decides, and `replay`.
 *
 * Why decisions go by the database, not by a running relay: with several of them the one that holds
 * the shard carries a request out, and it is written down, with who asked for it, when and why,
 * also when none runs.
 */
#ifndef RELAY_SVC_OPERATOR_H
#define RELAY_SVC_OPERATOR_H

#include <stdbool.h>

struct pgsession;
struct service_call;

enum { OPERATOR_NAME_MAX = 384 };

/* Who it is, for the record: user@host. */
void operator_name(char out[static OPERATOR_NAME_MAX]);

/* The user alone. */
const char *operator_user(void);

/* As a reason stands in the contract: 1 to 200 characters, none of them a control character. */
bool operator_reason_fits(const char *text);

/* NULL after a line to stderr, and the exit code. */
struct pgsession *operator_open(const struct service_call *call, int *ret_code);

/* Prints what came of the requests, by comma, as soon as the relays that hold the shards have
 * carried them out, and returns the exit code. */
int operator_await(const struct service_call *call, struct pgsession *session,
                   const char *requests);

#endif
