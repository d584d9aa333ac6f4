/* SPDX-License-Identifier: Apache-2.0 */
/*
 * command_body.h - which members a command's body has, of which form and within which bounds.
 *
 * Why tables: the whole interface stands on one screen, as in its description, and the reader
 * (command_json.h) has no case for any command.
 */
#ifndef COMMAND_SVC_HTTP_COMMAND_BODY_H
#define COMMAND_SVC_HTTP_COMMAND_BODY_H

#include "command-svc/core/command.h"
#include "command-svc/http/text_form.h"

#define FIELD_TYPES(X)                                                                             \
    X(TEXT, text)                                                                                  \
    X(INTEGER, integer)                                                                            \
    X(BOOLEAN, boolean)                                                                            \
    X(UUID, uuid)                                                                                  \
    X(OBJECT, object)                                                                              \
    X(LINES, lines)

#define FIELD_TYPE_ENTRY(TYPE, type) FIELD_##TYPE,
enum field_type { FIELD_TYPES(FIELD_TYPE_ENTRY) FIELD_TYPE_COUNT };

/* One member. Offsets count from the command, from the line, or from where the object above stands.
 */
struct field {
    const char *name; /* NULL ends a table */
    enum field_type type;
    bool is_optional;
    size_t offset;
    const struct text_form *form; /* FIELD_TEXT */
    int64_t min, max;             /* FIELD_INTEGER */
    const struct field *members;  /* FIELD_OBJECT, FIELD_LINES */
};

/* The members of that command's body. */
const struct field *command_body(enum command_kind kind);

#endif
