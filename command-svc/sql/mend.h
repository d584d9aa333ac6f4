/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mend.h - makes again what the migrations made and somebody has dropped, where nothing is lost by
 * it.
 *
 * Why not all: what a table held only a backup brings back, and an index of a large table takes
 * longer than who runs beside can wait. Those are said.
 *
 * In one transaction, beside services at work; where nothing is lacking nothing is changed.
 */
#ifndef COMMAND_SVC_SQL_MEND_H
#define COMMAND_SVC_SQL_MEND_H

#include "common/base/error.h"

struct pgsession;
struct strbuf;

/* roles: what grants. Reports what it made, and in left what is a person's to make. ERROR_FATAL
 * where a table, a column or a sequence is gone: nothing is changed then. */
MUST_USE enum error_kind mend_run(struct pgsession *session, const char *roles,
                                  struct strbuf *report, struct strbuf *left, struct error *err);

#endif
