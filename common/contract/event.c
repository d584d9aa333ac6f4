/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/event.h"

#include <assert.h>

typedef const struct envelope *envelope_fn(const struct event *event);
typedef const char *type_fn(const struct event *event);
typedef bool encode_fn(const struct event *event, struct strbuf *out);
typedef enum error_kind decode_fn(struct strview type, struct strview payload, struct arena *arena,
                                  struct event *ret, struct error *err);

#define DEFINE_BRANCH(NAME, name)                                                                  \
    static const struct envelope *name##_envelope(const struct event *event)                       \
    {                                                                                              \
        return &event->name.envelope;                                                              \
    }                                                                                              \
    static const char *name##_type(const struct event *event)                                      \
    {                                                                                              \
        return name##_event_type(event->name.kind);                                                \
    }                                                                                              \
    static bool name##_encode(const struct event *event, struct strbuf *out)                       \
    {                                                                                              \
        return name##_event_encode(&event->name, out);                                             \
    }                                                                                              \
    static enum error_kind name##_decode(struct strview type, struct strview payload,              \
                                         struct arena *arena, struct event *ret,                   \
                                         struct error *err)                                        \
    {                                                                                              \
        return name##_event_decode(type, payload, arena, &ret->name, err);                         \
    }
AGGREGATES(DEFINE_BRANCH)

#define BRANCH_ROW(NAME, name)                                                                     \
    [AGGREGATE_##NAME] = {name##_envelope, name##_type, name##_encode, name##_decode},
static const struct {
    envelope_fn *envelope;
    type_fn *type;
    encode_fn *encode;
    decode_fn *decode;
} BRANCHES[] = {AGGREGATES(BRANCH_ROW)};

const struct envelope *event_envelope(const struct event *event)
{
    assert(event->aggregate < AGGREGATE_COUNT);
    return BRANCHES[event->aggregate].envelope(event);
}

const char *event_type(const struct event *event)
{
    assert(event->aggregate < AGGREGATE_COUNT);
    return BRANCHES[event->aggregate].type(event);
}

bool event_encode(const struct event *event, struct strbuf *out)
{
    assert(event->aggregate < AGGREGATE_COUNT);
    return BRANCHES[event->aggregate].encode(event, out);
}

enum error_kind event_decode(enum aggregate_type aggregate, struct strview type,
                             struct strview payload, struct arena *arena, struct event *ret,
                             struct error *err)
{
    assert(aggregate < AGGREGATE_COUNT);
    ret->aggregate = aggregate;
    return BRANCHES[aggregate].decode(type, payload, arena, ret, err);
}
