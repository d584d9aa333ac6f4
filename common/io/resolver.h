/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resolver.h - a host's addresses, looked up off the loop.
 *
 * Why: getaddrinfo() waits for the name server, up to a minute when it is silent, and
 * whatever waits in the loop's thread stops everything, health checks included. It is the
 * only call that honours all of the system's configuration (hosts file, search domains,
 * mDNS …), so it runs in a thread of its own, one per look-up.
 *
 * A numeric address is answered without a thread.
 *
 * Ownership: freeing a look-up that runs forgets it; its thread ends when getaddrinfo() does.
 * Threads: everything here is called and calls back on the loop's.
 * Errors: ERROR_NOT_FOUND when there is no such name, ERROR_TRANSIENT otherwise. The host is not
 * repeated in the text, as it may be a part of a secret that was written in the wrong place.
 */
#ifndef COMMON_IO_RESOLVER_H
#define COMMON_IO_RESOLVER_H

#include "common/base/error.h"

#include <stdbool.h>
#include <stddef.h>

struct loop;
struct resolver;

enum { RESOLVER_ADDRESSES_MAX = 8, RESOLVER_ADDRESS_LEN = 64 };

/* Numeric, in the order in which they should be tried. */
struct resolver_addresses {
    char texts[RESOLVER_ADDRESSES_MAX][RESOLVER_ADDRESS_LEN];
    size_t count; /* at least 1 */
};

/* Exactly one of found and failure is NULL; both are borrowed for the call. The look-up is over:
 * free it, here or later. */
typedef void resolver_fn(void *user, const struct resolver_addresses *found,
                         const struct error *failure);

/* Never calls back from inside. */
struct resolver *resolver_start(struct loop *loop, const char *host, resolver_fn *on_end,
                                void *user);

/* No call comes after this. Accepts NULL. */
void resolver_free(struct resolver *resolver);

#endif
