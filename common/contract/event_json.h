/* SPDX-License-Identifier: Apache-2.0 */
/*
 * event_json.h - what the event decoders begin with: from a type and bytes to the event's kind, its
 * envelope and its members.
 *
 * Private to common/contract.
 */
#ifndef COMMON_CONTRACT_EVENT_JSON_H
#define COMMON_CONTRACT_EVENT_JSON_H

#include "common/base/arena.h"
#include "common/base/error.h"
#include "common/base/strview.h"
#include "common/contract/envelope.h"
#include "common/contract/event_reader.h"

#include <stddef.h>

struct json_value;

/* What the events of one aggregate share. */
struct event_form {
    const char *id_member;    /* "order_id", "customer_id", "sku" */
    const char *const *types; /* by kind */
    size_t type_count;
};

/* What has been read before the members of the event's own kind. */
struct event_frame {
    size_t kind;
    struct envelope envelope;
    const struct json_value *payload; /* an object */
};

/* ERROR_INVALID for an unknown type, for what is no JSON object and for a wrong envelope;
 * ERROR_EXHAUSTED when the arena is too small. */
MUST_USE enum error_kind event_open(const struct event_form *form, struct strview type,
                                    struct strview payload, struct arena *arena,
                                    struct event_frame *ret, struct error *err);

#endif
