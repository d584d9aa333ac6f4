/* SPDX-License-Identifier: Apache-2.0 */
/*
 * skipped_event.h - what stands in a topic in place of an event that Kafka would never take, when a
 * person has decided to go on without it.
 *
 * Why an event: versions stay dense. It has the skipped one's key, event id and version, whatever
 * its aggregate; readers count it and pass over it.
 *
 * Ownership: views are borrowed.
 */
#ifndef COMMON_CONTRACT_SKIPPED_EVENT_H
#define COMMON_CONTRACT_SKIPPED_EVENT_H

#include "common/base/strbuf.h"
#include "common/contract/envelope.h"

#define SKIPPED_EVENT_TYPE "EventSkipped"

struct skipped_event {
    struct envelope envelope; /* of the skip: who and why; of the event: id, version and time */
    struct strview aggregate_type;
    struct strview type; /* of the event that nobody will see */
};

/* Appends the payload; false when out is full or a text is not UTF-8. */
MUST_USE bool skipped_event_encode(const struct skipped_event *event, struct strbuf *out);

#endif
