/* SPDX-License-Identifier: Apache-2.0 */
/*
 * functions.h - the schema's functions and views, each as the newest migration that has it leaves
 * it.
 *
 * Why read from the migrations: a released one never runs again, so where somebody has dropped a
 * function nothing else could name it, or make it once more. A list beside them would be forgotten.
 *
 * Relied on: a migration's CREATE [OR REPLACE] or DROP FUNCTION begins a line, its body stands in
 * $$ or quotes, and no name has two functions. Of views the same; none was dropped yet.
 *
 * Ownership: views into the files. Pure.
 */
#ifndef COMMAND_SVC_SQL_FUNCTIONS_H
#define COMMAND_SVC_SQL_FUNCTIONS_H

#include "common/base/strview.h"

#include <stdbool.h>
#include <stddef.h>

struct embedded_text;

enum { FUNCTIONS_MAX = 64 };

struct sql_function {
    struct strview name;
    struct strview text; /* the statement, with its semicolon */
    bool is_public;      /* everybody may call it; of a view nothing is said */
};

struct sql_functions {
    struct sql_function list[FUNCTIONS_MAX];
    size_t count;
};

void functions_newest(const struct embedded_text *files, struct sql_functions *ret);

#endif
