/* SPDX-License-Identifier: Apache-2.0 */
/*
 * command_json_fixture.h - a good body for each command, and what was read of it.
 */
#ifndef TESTS_UNIT_COMMAND_SVC_COMMAND_JSON_FIXTURE_H
#define TESTS_UNIT_COMMAND_SVC_COMMAND_JSON_FIXTURE_H

#include "command-svc/http/command_json.h"
#include "common/base/strbuf.h"
#include "common/base/utf8.h"

#include <stdio.h>

#define COUNT(array) (int)(sizeof(array) / sizeof((array)[0]))

enum { ARENA_MAX = 4 << 20, BODY_MAX = 1 << 20 };

#define ORDER_LINE "{\"sku\":\"A-1\",\"quantity\":2,\"unit_price_minor\":250}"

#define ADDRESS                                                                                    \
    "{\"name\":\"Ada\",\"line1\":\"1 High Street\",\"line2\":\"Flat 2\",\"city\":\"London\","      \
    "\"postal_code\":\"N1 1AA\",\"region\":\"Greater London\",\"country\":\"GB\"}"

extern const char *const GOOD[COMMAND_KIND_COUNT];
extern struct arena arena;
extern struct command command;
extern struct command_faults faults;
extern struct error err;
extern char body[BODY_MAX];

void open_all(void);
void close_all(void);
enum error_kind read(enum command_kind kind, const char *text);

/* The good body with one piece replaced; the piece stands there. */
const char *spoilt(enum command_kind kind, const char *piece, const char *instead);

const char *order_with_lines(size_t count, const char *line);

#endif
