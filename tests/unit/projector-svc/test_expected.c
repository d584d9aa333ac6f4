/* SPDX-License-Identifier: Apache-2.0 */
/* What Redis should hold, as a list that the projector's own writes fill. */
#include "projector-svc/verify/expected.h"
#include "tests/support/check_main.h"
#include "tests/unit/projector-svc/builders.h"

enum { EVENTS_MAX = 24, PROJECTED_AT = 9999 };

static struct arena arena;
static struct expected expected;
static struct incoming events[EVENTS_MAX];
static struct incoming *list[EVENTS_MAX];
static const struct order_limits LIMITS = {.ms = {[ORDER_STATUS_PLACED] = 100}};
static const struct view_moment MOMENT = {
    .projected_at_ms = PROJECTED_AT, .recent_cap = 1, .stream_cap = 1, .limits = &LIMITS};

static void setup(void)
{
    arena_init(&arena, 4 << 20);
    expected = (struct expected){.arena = &arena};
}

static void teardown(void)
{
    arena_done(&arena);
}

static const struct expected_item *item_of(enum expected_kind kind, const char *key,
                                           const char *member)
{
    for (size_t i = 0; i < expected.count; i++) {
        const struct expected_item *item = &expected.items[i];
        if (item->kind == kind && strview_is(item->key, key) && strview_is(item->member, member)) {
            return item;
        }
    }
    return NULL;
}

static void assert_item(enum expected_kind kind, const char *key, const char *member,
                        enum expected_presence presence, const char *value)
{
    const struct expected_item *item = item_of(kind, key, member);
    ck_assert_ptr_nonnull(item);
    ck_assert_int_eq(item->presence, presence);
    ck_assert(strview_is(item->value, value));
}

/* ---- a batch's writes ------------------------------------------------------------------------ */

static struct write_set set;

static void put(enum write_kind kind, const char *key, const char *first, const char *second)
{
    if (second == NULL) {
        write_set_add(&set, kind, strview_of(key), strview_of(first));
    } else {
        write_set_add2(&set, kind, strview_of(key), strview_of(first), strview_of(second));
    }
}

static void take(void)
{
    ck_assert(write_set_ok(&set));
    expected_take(&expected, &set);
    ck_assert(!expected.failed);
    write_set_init(&set, &arena);
}

START_TEST(the_last_write_counts)
{
    write_set_init(&set, &arena);
    put(WRITE_HSET, "h", "colour", "red");
    put(WRITE_HSET, "h", "size", "3");
    put(WRITE_SET, "s", "old", NULL);
    put(WRITE_SADD, "m", "one", NULL);
    put(WRITE_ZADD, "z", "7", "one");
    put(WRITE_ZADD, "z", "8", "two");
    put(WRITE_RPUSH_AT, "l", "0", "first");
    take();
    put(WRITE_HSET, "h", "colour", "blue");
    put(WRITE_HDEL, "h", "size", NULL);
    put(WRITE_SET, "s", "new", NULL);
    put(WRITE_SREM, "m", "one", NULL);
    put(WRITE_ZREM, "z", "one", NULL);
    put(WRITE_RPUSH_AT, "l", "1", "second");
    take();

    assert_item(EXPECTED_FIELD, "h", "colour", EXPECTED_THERE, "blue");
    assert_item(EXPECTED_FIELD, "h", "size", EXPECTED_GONE, "");
    assert_item(EXPECTED_STRING, "s", "", EXPECTED_THERE, "new");
    assert_item(EXPECTED_MEMBER, "m", "one", EXPECTED_GONE, "");
    assert_item(EXPECTED_SCORE, "z", "one", EXPECTED_GONE, "");
    assert_item(EXPECTED_SCORE, "z", "two", EXPECTED_THERE, "8");
    assert_item(EXPECTED_ELEMENT, "l", "", EXPECTED_THERE, "first");
    ck_assert_int_eq((int)expected.count, 8);
}
END_TEST

START_TEST(a_capped_list_may_have_dropped_what_was_in_it)
{
    write_set_init(&set, &arena);
    put(WRITE_ZADD, "z", "7", "one");
    put(WRITE_ZADD, "other", "7", "one");
    put(WRITE_ZCAP, "z", "1", NULL);
    take();

    assert_item(EXPECTED_SCORE, "z", "one", EXPECTED_PERHAPS, "7");
    assert_item(EXPECTED_SCORE, "other", "one", EXPECTED_THERE, "7");
}
END_TEST

START_TEST(counters_messages_and_what_is_the_projector_s_own_are_not_expected)
{
    write_set_init(&set, &arena);
    put(WRITE_HINCRBY, "ops:minute:1", "GB", "1");
    put(WRITE_PUBLISH, "orders", "{}", NULL);
    put(WRITE_HSET, "projection:status", "last", "x");
    take();

    ck_assert_int_eq((int)expected.count, 0);
}
END_TEST

START_TEST(each_key_is_asked_for_once_and_each_member)
{
    write_set_init(&set, &arena);
    put(WRITE_HSET, "h", "colour", "red");
    put(WRITE_HSET, "h", "size", "3");
    put(WRITE_RPUSH_AT, "l", "0", "first");
    put(WRITE_ZADD, "z", "7", "one");
    put(WRITE_ZADD, "z", "8", "two");
    put(WRITE_SADD, "m", "one", NULL);
    put(WRITE_SET, "s", "text", NULL);
    take();

    ck_assert(expected_ask(&expected));
    ck_assert_int_eq((int)expected.command_count, 6);
    const struct redisconn_command *lrange = &expected.commands[1];
    ck_assert_int_eq((int)lrange->count, 4);
    ck_assert(strview_is(lrange->args[0], "LRANGE"));
    ck_assert(strview_is(lrange->args[3], "-1"));
    const struct redisconn_command *zscore = &expected.commands[3];
    ck_assert(strview_is(zscore->args[0], "ZSCORE"));
    ck_assert(strview_is(zscore->args[2], "two"));
}
END_TEST

/* ---- folding --------------------------------------------------------------------------------- */

/* Placed, authorized, and notes behind that. */
static struct expected_events a_life(size_t count)
{
    static const char *const IDS[] = {"e1", "e2", "e3"};
    for (size_t i = 0; i < count; i++) {
        const enum order_event_kind kind = i == 0   ? ORDER_PLACED
                                           : i == 1 ? ORDER_PAYMENT_AUTHORIZED
                                                    : ORDER_NOTE_ADDED;
        events[i] = (struct incoming){
            .kind = INCOMING_EVENT,
            .aggregate = AGGREGATE_ORDER,
            .aggregate_id = STRVIEW(AN_ORDER_ID),
            .version = (int64_t)i + 1,
            .event_id = strview_of(IDS[i < 2 ? i : 2]),
            .event_type = strview_of(order_event_type(kind)),
            .event = {.aggregate = AGGREGATE_ORDER, .order = an_event(kind, (int64_t)i + 1)},
            .topic = STRVIEW("order.events"),
            .value = STRVIEW("{}"),
            .value_len = 2};
        list[i] = &events[i];
    }
    return (struct expected_events){
        .type = AGGREGATE_ORDER, .id = STRVIEW(AN_ORDER_ID), .list = list, .count = count};
}

static enum error_kind make(const struct expected_events *life)
{
    struct error err;
    return expected_make(life, &MOMENT, &arena, &expected, &err);
}

START_TEST(what_an_order_left_is_expected_to_be_gone)
{
    const struct expected_events life = a_life(2);
    ck_assert_int_eq(make(&life), ERROR_NONE);

    assert_item(EXPECTED_FIELD, "order:" AN_ORDER_ID, "status", EXPECTED_THERE, "confirmed");
    assert_item(EXPECTED_FIELD, "order:" AN_ORDER_ID, "projected_at", EXPECTED_THERE, "9999");
    assert_item(EXPECTED_SCORE, "idx:status:placed", AN_ORDER_ID, EXPECTED_GONE, "");
    ck_assert_ptr_nonnull(item_of(EXPECTED_SCORE, "idx:status:confirmed", AN_ORDER_ID));
    ck_assert_ptr_nonnull(item_of(EXPECTED_STRING, "order:" AN_ORDER_ID ":details", ""));
}
END_TEST

START_TEST(a_long_life_makes_the_same_in_batches)
{
    const struct expected_events life = a_life(EVENTS_MAX);
    ck_assert_int_eq(make(&life), ERROR_NONE);

    assert_item(EXPECTED_FIELD, "order:" AN_ORDER_ID, "source_version", EXPECTED_THERE, "24");
    size_t elements = 0;
    for (size_t i = 0; i < expected.count; i++) {
        elements += expected.items[i].kind == EXPECTED_ELEMENT ? 1 : 0;
    }
    ck_assert_int_eq((int)elements, EVENTS_MAX);
}
END_TEST

START_TEST(what_has_no_meaning_is_told)
{
    struct expected_events life = a_life(3);
    events[2].kind = INCOMING_UNREADABLE;
    ck_assert_int_eq(make(&life), ERROR_INVALID);

    life = a_life(3);
    arena_done(&arena);
    arena_init(&arena, 6000);
    ck_assert_int_eq(make(&life), ERROR_EXHAUSTED);
}
END_TEST

START_TEST(of_stock_the_newest_level_says_all)
{
    events[0] = (struct incoming){
        .kind = INCOMING_EVENT,
        .aggregate = AGGREGATE_STOCK,
        .aggregate_id = STRVIEW("PEN"),
        .version = 900,
        .event_id = STRVIEW("e900"),
        .event_type = STRVIEW("StockLevelChanged"),
        .event = {.aggregate = AGGREGATE_STOCK,
                  .stock = {.envelope = {.aggregate_id = STRVIEW("PEN"), .version = 900}}},
        .topic = STRVIEW("stock.events"),
        .value = STRVIEW("{}"),
        .value_len = 2};
    list[0] = &events[0];
    const struct expected_events life = {
        .type = AGGREGATE_STOCK, .id = STRVIEW("PEN"), .list = list, .count = 1};
    ck_assert_int_eq(make(&life), ERROR_NONE);

    assert_item(EXPECTED_FIELD, "product:PEN", "available", EXPECTED_THERE, "0");
    assert_item(EXPECTED_FIELD, "product:PEN", "stock_version", EXPECTED_THERE, "900");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("projector-svc/verify/expected");
    TCase *tests = tcase_create("expected");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, the_last_write_counts);
    tcase_add_test(tests, a_capped_list_may_have_dropped_what_was_in_it);
    tcase_add_test(tests, counters_messages_and_what_is_the_projector_s_own_are_not_expected);
    tcase_add_test(tests, each_key_is_asked_for_once_and_each_member);
    tcase_add_test(tests, what_an_order_left_is_expected_to_be_gone);
    tcase_add_test(tests, a_long_life_makes_the_same_in_batches);
    tcase_add_test(tests, what_has_no_meaning_is_told);
    tcase_add_test(tests, of_stock_the_newest_level_says_all);
    suite_add_tcase(suite, tests);
    return check_main(suite);
}
