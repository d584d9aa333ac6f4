/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rules.h - keys, indexes, CHECKs and triggers of the schema: which of them a database lacks, and
 * what makes one again.
 *
 * Why a file beside the migrations, rules.txt: no released migration runs again, and what many
 * ALTER TABLE leave behind PostgreSQL alone can tell. It is what PostgreSQL tells of a migrated
 * database; tests/e2e/52_doctor compares the two.
 *
 * A line of it is a table, a name and the statement that makes it, by tabs; no statement: `migrate`
 * makes it again. # begins a remark.
 */
#ifndef COMMAND_SVC_SQL_RULES_H
#define COMMAND_SVC_SQL_RULES_H

#include "common/base/error.h"
#include "common/base/strview.h"

#include <stddef.h>

struct pgsession;
struct strbuf;

enum { RULES_MAX = 128 };

struct sql_rule {
    struct strview home; /* the table */
    struct strview name;
    struct strview statement;
};

/* Pure: those of the text, at most RULES_MAX; views into it. */
size_t rules_read(const char *text, struct sql_rule ret_rules[static RULES_MAX]);

/* "a of orders, b of payment": what the database lacks, and the statement that makes the first of
 * them; both stay empty where it has all. */
MUST_USE enum error_kind rules_find_missing(struct pgsession *session, struct strbuf *names,
                                            struct strbuf *statement, struct error *err);

#endif
