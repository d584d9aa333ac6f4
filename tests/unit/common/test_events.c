/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every event through encoder and decoder, and every member of every event
 * once missing and once of the wrong type.
 */
#include "common/contract/event.h"
#include "common/contract/json.h"
#include "tests/support/check_main.h"
#include "tests/support/sample_events.h"

#include <stdio.h>

enum { NODES_MAX = 100, PAYLOAD_MAX = 4096 };

static struct arena arena;
static struct strbuf payload;
static struct strbuf changed; /* what was read stands in payload */
static struct strbuf again;
static struct error err;

static void open_all(void)
{
    arena_init(&arena, 1 << 20);
    strbuf_init(&payload, PAYLOAD_MAX);
    strbuf_init(&changed, PAYLOAD_MAX);
    strbuf_init(&again, PAYLOAD_MAX);
    err = (struct error){.kind = ERROR_NONE};
}

static void close_all(void)
{
    arena_done(&arena);
    strbuf_done(&payload);
    strbuf_done(&changed);
    strbuf_done(&again);
}

START_TEST(encoding_what_was_decoded_gives_the_same_bytes)
{
    const struct sample_event *sample = &SAMPLE_EVENTS[_i];
    ck_assert(sample_encode(sample, &payload));

    const enum error_kind kind = recode_event(sample->event.aggregate, sample_type(sample),
                                              strbuf_view(&payload), &arena, &again, &err);

    ck_assert_msg(kind == ERROR_NONE, "%s", err.text);
    ck_assert_str_eq(strbuf_cstr(&again), strbuf_cstr(&payload));
}
END_TEST

START_TEST(what_was_decoded_says_the_type_it_was_published_under)
{
    const struct sample_event *sample = &SAMPLE_EVENTS[_i];
    struct event event;
    ck_assert(sample_encode(sample, &payload));
    ck_assert_int_eq(event_decode(sample->event.aggregate, sample_type(sample),
                                  strbuf_view(&payload), &arena, &event, &err),
                     ERROR_NONE);

    ck_assert_int_eq(event.aggregate, sample->event.aggregate);
    ck_assert(strview_is(sample_type(sample), event_type(&event)));
}
END_TEST

START_TEST(each_aggregate_names_the_types_of_its_events)
{
    ck_assert_str_eq(order_event_type(ORDER_PLACED), "OrderPlaced");
    ck_assert_str_eq(customer_event_type(CUSTOMER_REGISTERED), "CustomerRegistered");
    ck_assert_str_eq(product_event_type(PRODUCT_ADDED), "ProductAdded");
    ck_assert_str_eq(stock_event_type(STOCK_LEVEL_CHANGED), "StockLevelChanged");
}
END_TEST

START_TEST(a_payload_begins_with_what_every_event_has)
{
    static const char *const IDS[] = {[AGGREGATE_ORDER] = "order_id",
                                      [AGGREGATE_CUSTOMER] = "customer_id",
                                      [AGGREGATE_PRODUCT] = "sku",
                                      [AGGREGATE_STOCK] = "sku"};
    const struct sample_event *sample = &SAMPLE_EVENTS[_i];
    ck_assert(sample_encode(sample, &payload));
    const struct json_value *object;
    ck_assert_int_eq(json_parse(strbuf_view(&payload), &arena, &object, &err), ERROR_NONE);

    const struct json_value *member = object->first;
    const char *const names[] = {IDS[sample->event.aggregate], "version", "occurred_at", "actor"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++, member = member->next) {
        ck_assert(strview_is(member->name, names[i]));
    }
}
END_TEST

START_TEST(every_kind_has_a_sample)
{
    size_t kinds[AGGREGATE_COUNT] = {0};
    for (size_t i = 0; i < SAMPLE_EVENT_COUNT; i++) {
        if (strchr(SAMPLE_EVENTS[i].name, '.') == NULL) {
            kinds[SAMPLE_EVENTS[i].event.aggregate]++;
        }
    }
    ck_assert_uint_eq(kinds[AGGREGATE_ORDER], ORDER_EVENT_KIND_COUNT);
    ck_assert_uint_eq(kinds[AGGREGATE_CUSTOMER], CUSTOMER_EVENT_KIND_COUNT);
    ck_assert_uint_eq(kinds[AGGREGATE_PRODUCT], PRODUCT_EVENT_KIND_COUNT);
    ck_assert_uint_eq(kinds[AGGREGATE_STOCK], STOCK_EVENT_KIND_COUNT);
}
END_TEST

/* ---- one member spoilt at a time ---- */

enum change { MEMBER_REMOVED, MEMBER_NULLED, MEMBER_OF_OTHER_TYPE, MEMBER_ADDED_BEFORE };

static void write_changed(struct json_writer *writer, const struct json_value *value,
                          const struct json_value *target, enum change change);

static void write_children(struct json_writer *writer, const struct json_value *parent,
                           const struct json_value *target, enum change change)
{
    for (const struct json_value *child = parent->first; child != NULL; child = child->next) {
        if (child == target && change == MEMBER_REMOVED) {
            continue;
        }
        if (child == target && change == MEMBER_ADDED_BEFORE) {
            json_put_member_integer(writer, "added_next_year", 1);
        }
        if (parent->type == JSON_OBJECT) {
            json_key_text(writer, child->name);
        }
        write_changed(writer, child, target, change);
    }
}

static void write_changed(struct json_writer *writer, const struct json_value *value,
                          const struct json_value *target, enum change change)
{
    if (value == target && change == MEMBER_NULLED) {
        json_put_null(writer);
    } else if (value == target && change == MEMBER_OF_OTHER_TYPE) {
        json_put_bool(writer, true);
    } else if (value->type == JSON_OBJECT) {
        json_open_object(writer);
        write_children(writer, value, target, change);
        json_close_object(writer);
    } else if (value->type == JSON_ARRAY) {
        json_open_array(writer);
        write_children(writer, value, target, change);
        json_close_array(writer);
    } else if (value->type == JSON_INTEGER) {
        json_put_integer(writer, value->integer);
    } else {
        json_put_string(writer, value->text);
    }
}

static size_t collect_members(const struct json_value *parent, const struct json_value **nodes,
                              size_t count)
{
    for (const struct json_value *child = parent->first; child != NULL; child = child->next) {
        ck_assert_uint_lt(count, NODES_MAX);
        if (parent->type == JSON_OBJECT) {
            nodes[count++] = child;
        }
        count = collect_members(child, nodes, count);
    }
    return count;
}

static enum error_kind decode_changed(const struct sample_event *sample,
                                      const struct json_value *root,
                                      const struct json_value *target, enum change change)
{
    struct json_writer writer;
    strbuf_reset(&changed);
    json_writer_init(&writer, &changed);
    write_changed(&writer, root, target, change);
    ck_assert(json_writer_done(&writer));
    strbuf_reset(&again);
    return recode_event(sample->event.aggregate, sample_type(sample), strbuf_view(&changed), &arena,
                        &again, &err);
}

static bool is_optional(const struct json_value *member, const struct json_value *root)
{
    static const char *const OPTIONAL[] = {"reason",      "line2",        "city",
                                           "location",    "voided_minor", "due_minor",
                                           "postal_code", "email",        "phone"};
    for (size_t i = 0; i < sizeof OPTIONAL / sizeof OPTIONAL[0]; i++) {
        if (strview_is(member->name, OPTIONAL[i])) {
            return true;
        }
    }
    /* an order has a region, its address may go without */
    return strview_is(member->name, "region") && member != json_member(root, "region");
}

static void expect_fault_named(const struct json_value *member, enum error_kind kind)
{
    char quoted[64];
    (void)snprintf(quoted, sizeof quoted, "%.*s", STRVIEW_ARG(member->name));
    ck_assert_msg(kind == ERROR_INVALID, "a wrong %s is accepted", quoted);
    ck_assert_msg(strstr(err.text, quoted) != NULL, "\"%s\" does not name %s", err.text, quoted);
}

START_TEST(a_decoder_names_the_member_that_is_missing_or_wrong)
{
    const struct sample_event *sample = &SAMPLE_EVENTS[_i];
    ck_assert(sample_encode(sample, &payload));
    const struct json_value *root = NULL;
    ck_assert_int_eq(json_parse(strbuf_view(&payload), &arena, &root, &err), ERROR_NONE);
    const struct json_value *nodes[NODES_MAX];
    const size_t count = collect_members(root, nodes, 0);
    ck_assert_uint_ge(count, 6);

    for (size_t i = 0; i < count; i++) {
        const enum error_kind removed = decode_changed(sample, root, nodes[i], MEMBER_REMOVED);
        if (is_optional(nodes[i], root)) {
            ck_assert_msg(removed == ERROR_NONE, "%s", err.text);
        } else {
            expect_fault_named(nodes[i], removed);
        }
        expect_fault_named(nodes[i], decode_changed(sample, root, nodes[i], MEMBER_NULLED));
        expect_fault_named(nodes[i], decode_changed(sample, root, nodes[i], MEMBER_OF_OTHER_TYPE));
    }
}
END_TEST

START_TEST(members_added_next_year_are_passed_over)
{
    const struct sample_event *sample = &SAMPLE_EVENTS[_i];
    ck_assert(sample_encode(sample, &payload));
    const struct json_value *root = NULL;
    ck_assert_int_eq(json_parse(strbuf_view(&payload), &arena, &root, &err), ERROR_NONE);
    const struct json_value *nodes[NODES_MAX];
    const size_t count = collect_members(root, nodes, 0);

    for (size_t i = 0; i < count; i++) {
        ck_assert_int_eq(decode_changed(sample, root, nodes[i], MEMBER_ADDED_BEFORE), ERROR_NONE);
        ck_assert_ptr_null(strstr(strbuf_cstr(&again), "added_next_year"));
    }
}
END_TEST

/* ---- other refusals ---- */

static const struct {
    enum aggregate_type aggregate;
    const char *type;
    const char *payload;
    const char *says;
} REFUSED[] = {
    {AGGREGATE_ORDER, "OrderExploded", "{}", "unknown event type \"OrderExploded\""},
    {AGGREGATE_ORDER, "orderplaced", "{}", "unknown event type"},
    {AGGREGATE_ORDER, "", "{}", "unknown event type \"\""},
    {AGGREGATE_ORDER, "ProductAdded", "{}", "unknown event type"},
    {AGGREGATE_CUSTOMER, "OrderPlaced", "{}", "unknown event type"},
    {AGGREGATE_PRODUCT, "\xff\xfe", "{}", "unknown event type"},
    {AGGREGATE_ORDER, "OrderDelivered", "", "empty"},
    {AGGREGATE_ORDER, "OrderDelivered", "[]", "array, not an object"},
    {AGGREGATE_ORDER, "OrderDelivered", "null", "null, not an object"},
    {AGGREGATE_ORDER, "OrderDelivered", "{", "not JSON"},
    {AGGREGATE_ORDER, "OrderDelivered", "{}", "is missing"},
    {AGGREGATE_ORDER, "OrderDelivered",
     "{\"order_id\":\"o\",\"version\":0,\"occurred_at\":\"2026-01-02T03:04:05.678Z\","
     "\"actor\":{\"role\":\"agent\",\"subject\":\"a\"}}",
     "version 0"},
    {AGGREGATE_ORDER, "OrderDelivered",
     "{\"order_id\":\"o\",\"version\":9223372036854775808,\"occurred_at\":"
     "\"2026-01-02T03:04:05.678Z\",\"actor\":{\"role\":\"agent\",\"subject\":\"a\"}}",
     "version is number"},
    {AGGREGATE_ORDER, "OrderDelivered",
     "{\"order_id\":\"o\",\"version\":1.0,\"occurred_at\":\"2026-01-02T03:04:05.678Z\","
     "\"actor\":{\"role\":\"agent\",\"subject\":\"a\"}}",
     "version is number"},
    {AGGREGATE_ORDER, "OrderDelivered",
     "{\"order_id\":\"o\",\"version\":1,\"occurred_at\":\"yesterday\","
     "\"actor\":{\"role\":\"agent\",\"subject\":\"a\"}}",
     "occurred_at"},
};
enum { REFUSED_COUNT = sizeof REFUSED / sizeof REFUSED[0] };

START_TEST(what_is_no_such_event_is_refused)
{
    const enum error_kind kind =
        recode_event(REFUSED[_i].aggregate, strview_of(REFUSED[_i].type),
                     strview_of(REFUSED[_i].payload), &arena, &again, &err);

    ck_assert_int_eq(kind, ERROR_INVALID);
    ck_assert_msg(strstr(err.text, REFUSED[_i].says) != NULL, "\"%s\" does not say \"%s\"",
                  err.text, REFUSED[_i].says);
}
END_TEST

START_TEST(a_failed_decode_leaves_the_result_alone)
{
    struct event event = {.aggregate = AGGREGATE_STOCK, .stock.envelope.version = 77};

    ck_assert_int_eq(event_decode(AGGREGATE_ORDER, STRVIEW("OrderPlaced"),
                                  STRVIEW("{\"order_id\":\"o\",\"version\":1}"), &arena, &event,
                                  &err),
                     ERROR_INVALID);

    ck_assert_int_eq(event.aggregate, AGGREGATE_STOCK);
    ck_assert_int_eq(event.stock.envelope.version, 77);
}
END_TEST

START_TEST(an_arena_too_small_is_said_so_wherever_it_ends)
{
    const struct sample_event *sample = &SAMPLE_EVENTS[_i];
    ck_assert(sample_encode(sample, &payload));
    size_t refusals = 0;
    for (size_t max = 0; max < 16384; max += 16) {
        struct arena small;
        arena_init(&small, max);
        strbuf_reset(&again);
        const enum error_kind kind = recode_event(sample->event.aggregate, sample_type(sample),
                                                  strbuf_view(&payload), &small, &again, &err);
        ck_assert(kind == ERROR_NONE || kind == ERROR_EXHAUSTED);
        refusals += kind == ERROR_EXHAUSTED ? 1 : 0;
        arena_done(&small);
    }
    ck_assert_uint_gt(refusals, 10);
    ck_assert_uint_lt(refusals, 1000);
}
END_TEST

START_TEST(a_text_that_is_not_utf8_is_not_encoded)
{
    struct sample_event sample = SAMPLE_EVENTS[0];
    sample.event.order.placed.address.city = STRVIEW("London\xff");
    ck_assert(!sample_encode(&sample, &payload));
}
END_TEST

START_TEST(a_buffer_too_small_is_reported)
{
    const struct sample_event *sample = &SAMPLE_EVENTS[_i];
    struct strbuf small;
    strbuf_init(&small, 100);
    ck_assert(!sample_encode(sample, &small));
    strbuf_done(&small);
}
END_TEST

static TCase *round_trip_case(void)
{
    TCase *round_trip = tcase_create("round_trip");
    tcase_add_checked_fixture(round_trip, open_all, close_all);
    tcase_add_test(round_trip, every_kind_has_a_sample);
    tcase_add_loop_test(round_trip, encoding_what_was_decoded_gives_the_same_bytes, 0,
                        SAMPLE_EVENT_COUNT);
    tcase_add_loop_test(round_trip, what_was_decoded_says_the_type_it_was_published_under, 0,
                        SAMPLE_EVENT_COUNT);
    tcase_add_test(round_trip, each_aggregate_names_the_types_of_its_events);
    tcase_add_loop_test(round_trip, a_payload_begins_with_what_every_event_has, 0,
                        SAMPLE_EVENT_COUNT);
    return round_trip;
}

static TCase *faults_case(void)
{
    TCase *faults = tcase_create("faults");
    tcase_add_checked_fixture(faults, open_all, close_all);
    tcase_add_loop_test(faults, a_decoder_names_the_member_that_is_missing_or_wrong, 0,
                        SAMPLE_EVENT_COUNT);
    tcase_add_loop_test(faults, members_added_next_year_are_passed_over, 0, SAMPLE_EVENT_COUNT);
    tcase_add_loop_test(faults, what_is_no_such_event_is_refused, 0, REFUSED_COUNT);
    tcase_add_test(faults, a_failed_decode_leaves_the_result_alone);
    tcase_add_loop_test(faults, an_arena_too_small_is_said_so_wherever_it_ends, 0,
                        SAMPLE_EVENT_COUNT);
    tcase_add_test(faults, a_text_that_is_not_utf8_is_not_encoded);
    tcase_add_loop_test(faults, a_buffer_too_small_is_reported, 0, SAMPLE_EVENT_COUNT);
    return faults;
}

int main(void)
{
    Suite *suite = suite_create("common/contract/events");
    suite_add_tcase(suite, round_trip_case());
    suite_add_tcase(suite, faults_case());
    return check_main(suite);
}
