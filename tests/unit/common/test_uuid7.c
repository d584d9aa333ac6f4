/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/uuid7.h"
#include "tests/support/check_main.h"

START_TEST(the_example_of_rfc_9562_comes_out)
{
    /* Appendix A.6: 2022-02-22 14:22:22.000 UTC-5, rand_a 0xCC3, rand_b 0x18C4DC0C0C07398F */
    static const uint8_t RANDOM[UUID7_RANDOM_LEN] = {0x0c, 0xc3, 0x18, 0xc4, 0xdc,
                                                     0x0c, 0x0c, 0x07, 0x39, 0x8f};

    const struct uuid uuid = uuid7_make(1645557742000, RANDOM);

    ck_assert_str_eq(uuid.text, "017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
}
END_TEST

START_TEST(version_and_variant_are_set_whatever_the_random_bytes)
{
    uint8_t random[UUID7_RANDOM_LEN];
    memset(random, 0xff, sizeof random);
    ck_assert_str_eq(uuid7_make(0, random).text, "00000000-0000-7fff-bfff-ffffffffffff");
    memset(random, 0, sizeof random);
    ck_assert_str_eq(uuid7_make(0, random).text, "00000000-0000-7000-8000-000000000000");
}
END_TEST

START_TEST(later_times_sort_later)
{
    uint8_t high[UUID7_RANDOM_LEN];
    uint8_t low[UUID7_RANDOM_LEN] = {0};
    memset(high, 0xff, sizeof high);

    const struct uuid before = uuid7_make(1767323045677, high);
    const struct uuid after = uuid7_make(1767323045678, low);

    ck_assert_str_lt(before.text, after.text);
}
END_TEST

START_TEST(sixteen_bytes_are_written_as_they_are)
{
    static const uint8_t BYTES[16] = {0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef,
                                      0xfe, 0xdc, 0xba, 0x98, 0x76, 0x54, 0x32, 0x10};
    ck_assert_str_eq(uuid_of_bytes(BYTES).text, "01234567-89ab-cdef-fedc-ba9876543210");
}
END_TEST

START_TEST(parsing_yields_lower_case)
{
    struct uuid uuid;
    ck_assert(uuid_parse(STRVIEW("017F22E2-79B0-7CC3-98C4-DC0C0C07398F"), &uuid));
    ck_assert_str_eq(uuid.text, "017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
    ck_assert_uint_eq(uuid_view(&uuid).len, UUID_TEXT_LEN);
}
END_TEST

START_TEST(what_is_no_uuid_is_refused_and_changes_nothing)
{
    static const char *const REFUSED[] = {
        "",
        "017f22e279b07cc398c4dc0c0c07398f",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398f0",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398g",
        "017f22e2_79b0-7cc3-98c4-dc0c0c07398f",
        "017f22e27-9b0-7cc3-98c4-dc0c0c07398f",
        "{17f22e2-79b0-7cc3-98c4-dc0c0c07398}",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398\xc3",
    };
    for (size_t i = 0; i < sizeof REFUSED / sizeof REFUSED[0]; i++) {
        struct uuid uuid = {.text = "untouched"};
        ck_assert(!uuid_parse(strview_of(REFUSED[i]), &uuid));
        ck_assert_str_eq(uuid.text, "untouched");
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/base/uuid7");
    TCase *form = tcase_create("form");
    tcase_add_test(form, the_example_of_rfc_9562_comes_out);
    tcase_add_test(form, version_and_variant_are_set_whatever_the_random_bytes);
    tcase_add_test(form, later_times_sort_later);
    tcase_add_test(form, sixteen_bytes_are_written_as_they_are);
    tcase_add_test(form, parsing_yields_lower_case);
    tcase_add_test(form, what_is_no_uuid_is_refused_and_changes_nothing);
    suite_add_tcase(suite, form);
    return check_main(suite);
}
