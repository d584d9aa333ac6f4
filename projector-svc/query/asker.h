/* SPDX-License-Identifier: Apache-2.0 */
/*
 * asker.h - as whom a query reads.
 */
#ifndef PROJECTOR_SVC_QUERY_ASKER_H
#define PROJECTOR_SVC_QUERY_ASKER_H

#include "projector-svc/core/readers.h"

struct principal;

enum role asker_role(const struct principal *principal);

/* Whose own it may read alone; empty: everybody's. The principal's text. */
struct strview asker_bound_to(const struct principal *principal, enum readable readable);

#endif
