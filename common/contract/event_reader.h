/* SPDX-License-Identifier: Apache-2.0 */
/*
 * event_reader.h - required members, read with one sticky failure, so that a decoder reads like the
 * list of its members.
 */
#ifndef COMMON_CONTRACT_EVENT_READER_H
#define COMMON_CONTRACT_EVENT_READER_H

#include "common/base/arena.h"
#include "common/base/error.h"
#include "common/base/strview.h"

#include <stdbool.h>
#include <stdint.h>

struct json_value;

struct event_reader {
    struct arena *arena;     /* for lists */
    struct error *err;       /* names the first member that is missing or wrong */
    enum error_kind failure; /* ERROR_NONE, or what came first */
    bool is_lenient;         /* what is missing, or of another type, is empty */
};

struct strview event_read_text(struct event_reader *reader, const struct json_value *object,
                               const char *name);
/* "" where the member is absent; a member of another type is a failure here too. */
struct strview event_read_optional_text(struct event_reader *reader,
                                        const struct json_value *object, const char *name);
int64_t event_read_integer(struct event_reader *reader, const struct json_value *object,
                           const char *name);
/* 0 where the member is absent. */
int64_t event_read_optional_integer(struct event_reader *reader, const struct json_value *object,
                                    const char *name);
/* Epoch milliseconds of such a number or of an RFC 3339 text; 0 where the member is absent. */
int64_t event_read_time(struct event_reader *reader, const struct json_value *object,
                        const char *name);
const struct json_value *event_read_object(struct event_reader *reader,
                                           const struct json_value *object, const char *name);
const struct json_value *event_read_array(struct event_reader *reader,
                                          const struct json_value *object, const char *name);
/* Room for a list's items, or NULL. */
void *event_read_room(struct event_reader *reader, size_t count, size_t size);

#endif
