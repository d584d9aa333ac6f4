/* SPDX-License-Identifier: Apache-2.0 */
/* Events as they arrive: what cannot be read says why. */
#include "projector-svc/views/incoming.h"
#include "tests/support/check_main.h"

static struct arena arena;
static struct error err;

static void open_all(void)
{
    arena_init(&arena, 1 << 20);
}

static void close_all(void)
{
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

int main(void)
{
    Suite *suite = suite_create("projector-svc/views/incoming");
    TCase *skips = tcase_create("skips");
    tcase_add_checked_fixture(skips, open_all, close_all);
    tcase_add_test(skips, a_skip_counts_and_means_nothing);
    tcase_add_test(skips, a_skip_of_no_version_is_unreadable_and_says_so);
    suite_add_tcase(suite, skips);
    return check_main(suite);
}
