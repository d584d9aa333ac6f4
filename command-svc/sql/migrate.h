/* SPDX-License-Identifier: Apache-2.0 */
/*
 * migrate.h - brings the database's schema up to what this binary knows.
 *
 * Why in the binary: the schema and the code that relies on it cannot drift
 * apart. Forward only; each file runs once, in one transaction, and its
 * checksum is kept, so that a file edited after its release is noticed. An
 * advisory lock lets several instances start at once.
 */
#ifndef COMMAND_SVC_SQL_MIGRATE_H
#define COMMAND_SVC_SQL_MIGRATE_H

#include "common/base/error.h"

struct strbuf;

/* Applies what is missing, makes again what somebody has dropped (mend.h), then fixes the number
 * of shards (kept when the database has it already). Appends one line per thing done to report. */
MUST_USE enum error_kind migrate_run(const char *database_url, int shards, struct strbuf *report,
                                     struct error *err);

/* The same as one SQL script for psql, for those who let nobody else change their schema. */
MUST_USE enum error_kind migrate_print(int shards, struct strbuf *script, struct error *err);

/* The group roles and what they are granted, for psql: for those whose owner may make no roles, and
 * where a right was lost. */
const char *migrate_roles(void);

#endif
