/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_fixture.h - what documents are read into and written into.
 */
#ifndef TESTS_UNIT_COMMON_JSON_FIXTURE_H
#define TESTS_UNIT_COMMON_JSON_FIXTURE_H

#include "common/contract/json.h"

#include <check.h>

#define BYTES(literal) literal, sizeof(literal) - 1

extern struct arena arena;
extern struct strbuf out;
extern struct error err;

void open_all(void);
void close_all(void);
const struct json_value *parsed(struct strview bytes);

#endif
