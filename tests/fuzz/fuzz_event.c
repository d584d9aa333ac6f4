/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events as projector-svc reads them from Kafka:
 *   - a record nobody can read becomes a value that says why, never a failure;
 *   - a readable one has the id and version of its record, and can be written and read again;
 *   - parked and taken up again it means the same, and parks as the same bytes.
 *
 * The input is text: aggregate (o, c or p), key, event id, version, type and time, a line each,
 * then the payload.
 */
#include "common/base/utf8.h"
#include "common/io/kafka/kafka_consumer.h"
#include "projector-svc/views/incoming.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/sample_events.h"

#include <string.h>

enum { ARENA_BYTES = 64 << 20, TEXT_BYTES = 4 << 20 };

enum { HEADER_ID = 0, HEADER_VERSION, HEADER_TYPE, HEADER_TIME, HEADER_COUNT };

static const char *const HEADERS[HEADER_COUNT] = {
    [HEADER_ID] = TOPICS_HEADER_CE_ID,
    [HEADER_VERSION] = TOPICS_HEADER_CE_VERSION,
    [HEADER_TYPE] = TOPICS_HEADER_CE_TYPE,
    [HEADER_TIME] = TOPICS_HEADER_CE_TIME,
};

/* In the adapter's place: the headers are the strviews the record's message points to. */
struct strview kafka_record_header(const struct kafka_record *record, const char *name)
{
    const struct strview *values = record->message;
    for (size_t i = 0; i < HEADER_COUNT; i++) {
        if (strcmp(HEADERS[i], name) == 0 && values[i].len > 0) {
            return values[i];
        }
    }
    return (struct strview){.data = NULL};
}

static struct strview take_line(struct strview *rest)
{
    const char *end = rest->len == 0 ? NULL : memchr(rest->data, '\n', rest->len);
    const size_t len = end == NULL ? rest->len : (size_t)(end - rest->data);
    const struct strview line = {rest->data, len};
    rest->data += end == NULL ? len : len + 1;
    rest->len -= end == NULL ? len : len + 1;
    return line;
}

static enum aggregate_type aggregate_of(struct strview letter)
{
    return strview_is(letter, "c")   ? AGGREGATE_CUSTOMER
           : strview_is(letter, "p") ? AGGREGATE_PRODUCT
           : strview_is(letter, "s") ? AGGREGATE_STOCK
                                     : AGGREGATE_ORDER;
}

static void check_readable(const struct incoming *incoming, struct arena *arena)
{
    struct strbuf first;
    struct strbuf second;
    struct error err;
    strbuf_init(&first, TEXT_BYTES);
    strbuf_init(&second, TEXT_BYTES);
    EXPECT(utf8_is_valid(incoming->value));
    EXPECT(recode_event(incoming->aggregate, incoming->event_type, incoming->value, arena, &first,
                        &err) == ERROR_NONE);
    EXPECT(recode_event(incoming->aggregate, incoming->event_type, strbuf_view(&first), arena,
                        &second, &err) == ERROR_NONE);
    EXPECT(strview_equal(strbuf_view(&first), strbuf_view(&second)));
    strbuf_done(&first);
    strbuf_done(&second);
}

static void check_parking(const struct incoming *incoming, struct arena *arena)
{
    struct strbuf form;
    struct strbuf form_again;
    struct incoming *again = NULL;
    struct error err;
    strbuf_init(&form, TEXT_BYTES);
    strbuf_init(&form_again, TEXT_BYTES);
    EXPECT(incoming_park(incoming, &form));
    EXPECT(incoming_of_parked(strbuf_view(&form), incoming->aggregate, incoming->aggregate_id,
                              arena, &again, &err) == ERROR_NONE);
    EXPECT(again->kind == incoming->kind);
    EXPECT(again->version == incoming->version && again->at_ms == incoming->at_ms);
    EXPECT(strview_equal(again->event_id, incoming->event_id));
    EXPECT(strview_equal(again->event_type, incoming->event_type));
    const struct strview kept = {incoming->value.data, again->value.len};
    EXPECT(kept.len == incoming->value.len ||
           (kept.len == INCOMING_KEPT_MAX && kept.len < incoming->value.len)); /* nobody reads it */
    EXPECT(strview_equal(again->value, kept) && again->value_len == incoming->value_len);
    again->parked_form = STRVIEW("");
    EXPECT(incoming_park(again, &form_again));
    EXPECT(strview_equal(strbuf_view(&form), strbuf_view(&form_again)));
    strbuf_done(&form);
    strbuf_done(&form_again);
}

/* NOLINTNEXTLINE(readability-identifier-naming) */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct strview rest = fuzz_view(data, size);
    struct strview headers[HEADER_COUNT];
    const enum aggregate_type aggregate = aggregate_of(take_line(&rest));
    struct kafka_record record = {.offset = 7, .timestamp_ms = 1767225600000, .message = headers};
    record.key = take_line(&rest);
    for (size_t i = 0; i < HEADER_COUNT; i++) {
        headers[i] = take_line(&rest);
    }
    record.value = rest;
    struct arena arena;
    struct incoming *incoming = NULL;
    struct error err;
    arena_init(&arena, ARENA_BYTES);
    EXPECT(incoming_of_record(&record, "order.events", aggregate, &arena, &incoming, &err) ==
           ERROR_NONE);
    if (!incoming_is_readable(incoming)) {
        EXPECT(incoming->why != NULL && utf8_is_valid(strview_of(incoming->why)));
    } else {
        EXPECT(incoming->version > 0 && strview_equal(incoming->aggregate_id, record.key));
        if (incoming->kind != INCOMING_SKIP) {
            check_readable(incoming, &arena);
        }
    }
    check_parking(incoming, &arena);
    arena_done(&arena);
    return 0;
}
