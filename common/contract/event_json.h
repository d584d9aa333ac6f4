/* SPDX-License-Identifier: Apache-2.0 */
/*
 * event_json.h - what the event decoders share: reading required members with
 * one sticky failure, so that a decoder reads like the list of its members.
 *
 * Private to common/contract.
 */
#ifndef COMMON_CONTRACT_EVENT_JSON_H
#define COMMON_CONTRACT_EVENT_JSON_H

#include "common/base/arena.h"
#include "common/base/error.h"
#include "common/base/strview.h"

#include <stdint.h>

struct json_value;

struct event_reader {
    struct error *err; /* names the first member that is missing or wrong */
    bool failed;
};

struct strview event_read_text(struct event_reader *reader, const struct json_value *object,
                               const char *name);
/* "" where the member is absent; a member of another type is a failure here too. */
struct strview event_read_optional_text(struct event_reader *reader,
                                        const struct json_value *object, const char *name);
int64_t event_read_integer(struct event_reader *reader, const struct json_value *object,
                           const char *name);
const struct json_value *event_read_object(struct event_reader *reader,
                                           const struct json_value *object, const char *name);
const struct json_value *event_read_array(struct event_reader *reader,
                                          const struct json_value *object, const char *name);

/* The payload as an object; ERROR_INVALID otherwise. */
MUST_USE enum error_kind event_parse(struct strview payload, struct arena *arena,
                                     const struct json_value **ret, struct error *err);

/* The place of an event type's name in its table; ERROR_INVALID when it stands nowhere. */
MUST_USE enum error_kind event_find_type(struct strview type, const char *const *names,
                                         size_t count, size_t *ret, struct error *err);

#endif
