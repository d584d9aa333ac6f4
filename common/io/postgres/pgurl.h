/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pgurl.h - a PostgreSQL connection string, read before libpq uses it.
 *
 * Why read twice: libpq quotes what it cannot read, and what it misreads (a password with @ or /
 * in it becomes a host, a port or a database) comes back in its errors, so in the log. Here every
 * fault has words of our own, and what is left in libpq's texts is a host, a user, a database.
 *
 * And why the hosts are taken apart: asynchronous libpq knows no time limit, and looks names up
 * itself, in the loop's thread. So the caller tries one address after the other.
 *
 * Limits: a `service` names its hosts in a file that only libpq reads: one host, without name.
 */
#ifndef COMMON_IO_POSTGRES_PGURL_H
#define COMMON_IO_POSTGRES_PGURL_H

#include "common/base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PGURL_HOSTS_MAX = 16 };

struct pgurl_host {
    const char *name;    /* NULL: libpq's own default, or a service */
    const char *address; /* numeric; NULL: the name is to be looked up */
    const char *port;    /* NULL together with name and address */
};

struct pgurl {
    struct pgurl_host hosts[PGURL_HOSTS_MAX];
    size_t host_count;          /* at least 1 */
    int64_t connect_timeout_ms; /* for one address; 0: nothing is said */
    char *lists[3];             /* what hosts points into */
};

/* Fails with ERROR_INVALID, never repeating a part of url. */
MUST_USE enum error_kind pgurl_read(const char *url, struct pgurl *ret_url, struct error *err);

/* Gives the text back; a zeroed one is fine. */
void pgurl_done(struct pgurl *url);

/* The same as pgurl_read(), for checking settings. */
MUST_USE enum error_kind pgurl_check(const char *url, struct error *err);

/* Is the host looked up by name? Paths are sockets of this machine. */
bool pgurl_needs_lookup(const struct pgurl_host *host);

#endif
