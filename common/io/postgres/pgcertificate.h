/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pgcertificate.h - why PostgreSQL's certificate is not believed.
 *
 * libpq says "certificate verify failed" for a wrong CA as for one that has expired, and has freed
 * OpenSSL's object, which knows, by then. OpenSSL tells before it frees one; that is where we look.
 *
 * Threads: the one that connects.
 */
#ifndef COMMON_IO_POSTGRES_PGCERTIFICATE_H
#define COMMON_IO_POSTGRES_PGCERTIFICATE_H

struct error;

/* Before the first connection; again does nothing. */
void pgcertificate_watch(void);

/* Puts the cause before a text of libpq's that has just come, where it is about a certificate. */
void pgcertificate_tell(const char *text, struct error *ret_told);

#endif
