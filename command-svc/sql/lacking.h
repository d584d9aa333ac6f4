/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lacking.h - what the migrations made and a database has no more, and who can make it again.
 *
 * Why beside the migrations: a released one never runs again, so what somebody has dropped since
 * would be named by nobody.
 *
 * What should be there is read from the migrations (functions.h), from rules.txt (rules.h), and
 * from columns.txt: a table or sequence and its columns a line, as PostgreSQL tells them of a
 * migrated database; tests/e2e/52_doctor compares the two.
 */
#ifndef COMMAND_SVC_SQL_LACKING_H
#define COMMAND_SVC_SQL_LACKING_H

#include "command-svc/sql/functions.h"
#include "command-svc/sql/rules.h"
#include "common/base/error.h"
#include "common/base/strview.h"

struct pgsession;
struct strbuf;

enum lacking_kind {
    LACKING_LOST = 0, /* a table, a column, a sequence: only a backup brings back what it held */
    LACKING_DERIVED,  /* of a table all rows of which follow from others: that is made anew */
    LACKING_TRIGGER,  /* or it is switched off */
    LACKING_RULE,     /* a key, an index, a CHECK: takes as long as its table is large */
};

/* what->home is empty where the name says it all, what->statement where none makes it again. */
typedef void lacking_on_found(void *user, enum lacking_kind kind, const struct sql_rule *what);
typedef void lacking_on_function(void *user, const struct sql_function *function);

/* Hands out functions and views, also functions that somebody has given another body or other
 * rights; then all else, tables first. The texts of functions and triggers stay, others are
 * borrowed for the call, which may not use the session. */
MUST_USE enum error_kind lacking_functions(struct pgsession *session,
                                           lacking_on_function *on_function, void *user,
                                           struct error *err);
MUST_USE enum error_kind lacking_rest(struct pgsession *session, lacking_on_found *on_found,
                                      void *user, struct error *err);

/* "name of home" behind what names has, and a comma. */
void lacking_put_name(struct strbuf *names, const struct sql_rule *what);

/* The statements that make a table anew all rows of which follow from others, without its rows and
 * triggers; NULL: it is none of those. */
const char *lacking_derived_sql(struct strview table);

#endif
