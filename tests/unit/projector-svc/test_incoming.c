/* SPDX-License-Identifier: Apache-2.0 */
/* Events as they arrive: what cannot be read says why. */
#include "common/contract/topics.h"
#include "common/io/kafka/kafka_consumer.h"
#include "projector-svc/views/incoming.h"
#include "tests/support/check_main.h"

#include <string.h>

static const char *header_id; /* of the record, with its type all headers it has */
static const char *header_type;
static const char *header_version;

/* In place of Kafka's. */
struct strview kafka_record_header(const struct kafka_record *record, const char *name)
{
    (void)record;
    if (strcmp(name, TOPICS_HEADER_CE_TYPE) == 0 && header_type != NULL) {
        return strview_of(header_type);
    }
    if (strcmp(name, TOPICS_HEADER_CE_VERSION) == 0 && header_version != NULL) {
        return strview_of(header_version);
    }
    return strcmp(name, TOPICS_HEADER_CE_ID) == 0 ? strview_of(header_id) : STRVIEW("");
}

static struct arena arena;
static struct error err;

static void open_all(void)
{
    arena_init(&arena, 64 << 20);
}

static void close_all(void)
{
    header_version = NULL;
    header_type = NULL;
    arena_done(&arena);
}

static const struct incoming *parked(const char *form)
{
    struct incoming *incoming = NULL;
    ck_assert_int_eq(incoming_of_parked(strview_of(form), AGGREGATE_ORDER, STRVIEW("o-1"), &arena,
                                        &incoming, &err),
                     ERROR_NONE);
    return incoming;
}

START_TEST(a_skip_counts_and_means_nothing)
{
    const struct incoming *incoming =
        parked("{\"ce_id\":\"e-1\",\"ce_type\":\"EventSkipped\",\"ce_aggregateversion\":2}\n");

    ck_assert_int_eq(incoming->kind, INCOMING_SKIP);
    ck_assert_int_eq(incoming->version, 2);
}
END_TEST

START_TEST(a_skip_of_no_version_is_unreadable_and_says_so)
{
    const struct incoming *incoming = parked("{\"ce_id\":\"e-1\",\"ce_type\":\"EventSkipped\"}\n");

    ck_assert_int_eq(incoming->kind, INCOMING_UNREADABLE);
    ck_assert_str_eq(incoming->why, "the record skips an event and does not say which version");
}
END_TEST

/* ---- what is kept --------------------------------------------------------------------------- */

static const struct incoming *of_record(const char *key, const char *event_id, size_t value_len)
{
    static char value[INCOMING_VALUE_MAX + 1];
    struct incoming *incoming = NULL;
    memset(value, ' ', sizeof value);
    memcpy(value, "{}", 2);
    header_id = event_id;
    const struct kafka_record record = {.key = strview_of(key), .value = {value, value_len}};
    ck_assert_int_eq(
        incoming_of_record(&record, "order.events", AGGREGATE_ORDER, &arena, &incoming, &err),
        ERROR_NONE);
    return incoming;
}

static const struct incoming *parked_and_read(const struct incoming *incoming, size_t *ret_len)
{
    static struct strbuf form;
    strbuf_init(&form, 2 * INCOMING_VALUE_MAX);
    ck_assert(incoming_park(incoming, &form));
    const struct strview kept = arena_view(&arena, strbuf_view(&form));
    *ret_len = kept.len;
    struct incoming *again = NULL;
    ck_assert_int_eq(
        incoming_of_parked(kept, AGGREGATE_ORDER, incoming->aggregate_id, &arena, &again, &err),
        ERROR_NONE);
    strbuf_done(&form);
    return again;
}

static const struct {
    const char *key;
    const char *event_id;
    size_t value_len;
    bool is_cut;
} KEPT[] = {
    {"o-1", "e-1", INCOMING_VALUE_MAX + 1, true},
    {"o-1", "", 2 * INCOMING_KEPT_MAX, true},  /* foreign */
    {" ", "e-1", 2 * INCOMING_KEPT_MAX, true}, /* no usable key */
    {"o-1", "", INCOMING_KEPT_MAX, false},
    {"o-1", "e-1", INCOMING_VALUE_MAX, false}, /* a later version may know it */
};

START_TEST(of_what_nobody_will_ever_read_only_the_beginning_is_kept)
{
    const struct incoming *incoming =
        of_record(KEPT[_i].key, KEPT[_i].event_id, KEPT[_i].value_len);
    size_t len;
    const struct incoming *again = parked_and_read(incoming, &len);

    ck_assert_int_eq(incoming_is_readable(again), false);
    ck_assert_int_eq(again->kind, incoming->kind);
    ck_assert_str_eq(again->why, incoming->why);
    ck_assert_uint_eq(again->value_len, KEPT[_i].value_len);
    ck_assert_uint_eq(again->value.len, KEPT[_i].is_cut ? INCOMING_KEPT_MAX : KEPT[_i].value_len);
    ck_assert_int_eq(len < 2 * INCOMING_KEPT_MAX, again->value.len <= INCOMING_KEPT_MAX);
}
END_TEST

START_TEST(a_header_longer_than_any_of_ours_is_not_kept)
{
    char type[INCOMING_HEADER_MAX + 2];
    memset(type, 'x', sizeof type);
    type[sizeof type - 1] = '\0';
    header_type = type;
    ck_assert_uint_eq(of_record("o-1", "e-1", 2)->event_type.len, 0);
    type[INCOMING_HEADER_MAX] = '\0';
    ck_assert_uint_eq(of_record("o-1", "e-1", 2)->event_type.len, INCOMING_HEADER_MAX);
}
END_TEST

START_TEST(a_version_that_is_not_read_back_where_it_was_kept_is_none)
{
    size_t len;
    header_version = "2305843009213693951"; /* 2^61 - 1 */
    ck_assert_int_eq(parked_and_read(of_record("o-1", "e-1", 2), &len)->version, INT64_MAX / 4);
    header_version = "2305843009213693952";
    ck_assert_int_eq(of_record("o-1", "e-1", 2)->version, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("projector-svc/views/incoming");
    TCase *skips = tcase_create("skips");
    tcase_add_checked_fixture(skips, open_all, close_all);
    tcase_add_test(skips, a_skip_counts_and_means_nothing);
    tcase_add_test(skips, a_skip_of_no_version_is_unreadable_and_says_so);
    suite_add_tcase(suite, skips);
    TCase *kept = tcase_create("kept");
    tcase_add_checked_fixture(kept, open_all, close_all);
    tcase_add_loop_test(kept, of_what_nobody_will_ever_read_only_the_beginning_is_kept, 0,
                        sizeof KEPT / sizeof KEPT[0]);
    tcase_add_test(kept, a_header_longer_than_any_of_ours_is_not_kept);
    tcase_add_test(kept, a_version_that_is_not_read_back_where_it_was_kept_is_none);
    suite_add_tcase(suite, kept);
    return check_main(suite);
}
