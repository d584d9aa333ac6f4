/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sample_events.h - one event of every kind, with and without its optional members.
 *
 * Why shared: the unit tests take them through encoder and decoder, the
 * contract test compares their bytes with the published samples.
 */
#ifndef TESTS_SUPPORT_SAMPLE_EVENTS_H
#define TESTS_SUPPORT_SAMPLE_EVENTS_H

#include "common/base/arena.h"
#include "common/base/strbuf.h"
#include "common/contract/event.h"

struct sample_event {
    const char *name; /* "<type>" or "<type>.<case>": its file below common/contract/samples */
    struct event event;
};

enum { SAMPLE_EVENT_COUNT = 38 };

extern const struct sample_event SAMPLE_EVENTS[SAMPLE_EVENT_COUNT];

/* The event type in the sample's name. */
struct strview sample_type(const struct sample_event *sample);

/* Appends the sample's payload. */
MUST_USE bool sample_encode(const struct sample_event *sample, struct strbuf *out);

/* Decodes a payload of that type and appends what encoding it again gives. As an encoder writes
 * every field of its struct, equal bytes prove that the decoder read every member. */
MUST_USE enum error_kind recode_event(enum aggregate_type aggregate, struct strview type,
                                      struct strview payload, struct arena *arena,
                                      struct strbuf *out, struct error *err);

#endif
