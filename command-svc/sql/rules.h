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

enum { RULES_MAX = 128 };

struct sql_rule {
    struct strview home; /* the table */
    struct strview name;
    struct strview statement;
};

/* Pure: those of the text, at most RULES_MAX; views into it. */
size_t rules_read(const char *text, struct sql_rule ret_rules[static RULES_MAX]);

/* Those of this binary's schema. */
size_t rules_all(struct sql_rule ret_rules[static RULES_MAX]);

/* How the statement of a trigger begins. */
#define RULES_TRIGGER "CREATE OR REPLACE TRIGGER "

typedef void rules_on_missing(void *user, const struct sql_rule *rule);

/* Hands out those that the database lacks of tables that are there: of the text, and the key of a
 * partition, which is borrowed for the call. on_missing may not use the session. */
MUST_USE enum error_kind rules_each_missing(struct pgsession *session, rules_on_missing *on_missing,
                                            void *user, struct error *err);

#endif
