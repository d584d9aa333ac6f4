/* SPDX-License-Identifier: Apache-2.0 */
/*
 * asker.h - as whom a query reads, and whether that still holds when it is answered.
 *
 * Why asked again: a query may wait for ten seconds, and a token that was revoked meanwhile, or has
 * expired, must not be answered even once more.
 */
#ifndef PROJECTOR_SVC_QUERY_ASKER_H
#define PROJECTOR_SVC_QUERY_ASKER_H

#include "projector-svc/core/readers.h"

#include <stdbool.h>
#include <stdint.h>

struct principal;
struct query;

enum role asker_role(const struct principal *principal);

/* Whose own it may read alone; empty: everybody's. The principal's text. */
struct strview asker_bound_to(const struct principal *principal, enum readable readable);

/* False once the token has expired. Looks it up only when tokens were read again since it last did.
 */
bool asker_is_the_same(struct query *query);

/* How long a query may wait that would wait for so long: no longer than its token is good. */
int64_t asker_may_wait_ms(const struct query *query, int64_t wait_ms);

#endif
