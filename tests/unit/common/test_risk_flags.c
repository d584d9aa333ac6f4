/* SPDX-License-Identifier: Apache-2.0 */
/* Flags set, cleared, written in one text and read again. */
#include "common/contract/risk_flags.h"
#include "tests/support/check_main.h"

static struct risk_flags flags;
static struct strbuf text;

static void setup(void)
{
    flags = (struct risk_flags){.count = 0};
    strbuf_init(&text, 4096);
}

static void teardown(void)
{
    strbuf_done(&text);
}

static void assert_joined(const char *expected)
{
    strbuf_reset(&text);
    risk_flags_join(&flags, &text);
    ck_assert_str_eq(strbuf_cstr(&text), expected);
}

START_TEST(a_flag_is_set_once_and_cleared_once)
{
    assert_joined("");
    ck_assert(risk_flags_set(&flags, STRVIEW("fraud")));
    ck_assert(!risk_flags_set(&flags, STRVIEW("fraud")));
    ck_assert(risk_flags_set(&flags, STRVIEW("address")));
    ck_assert(risk_flags_set(&flags, STRVIEW("age")));
    assert_joined("fraud,address,age");

    ck_assert(risk_flags_clear(&flags, STRVIEW("address")));
    ck_assert(!risk_flags_clear(&flags, STRVIEW("address")));
    ck_assert(!risk_flags_has(&flags, STRVIEW("address")));
    assert_joined("fraud,age");
}
END_TEST

START_TEST(there_is_room_for_sixteen)
{
    static const char LETTERS[] = "abcdefghijklmnop";
    for (size_t i = 0; i < 16; i++) {
        ck_assert(risk_flags_set(&flags, (struct strview){&LETTERS[i], 1}));
    }
    ck_assert(!risk_flags_set(&flags, STRVIEW("q")));
    assert_joined("a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p");
    ck_assert(risk_flags_clear(&flags, STRVIEW("p")));
    ck_assert(risk_flags_set(&flags, STRVIEW("q")));
}
END_TEST

START_TEST(what_was_joined_is_split_again)
{
    ck_assert(risk_flags_split(STRVIEW("fraud,address"), &flags));
    ck_assert_uint_eq(flags.count, 2);
    assert_joined("fraud,address");
    ck_assert(!risk_flags_split(STRVIEW("a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q"), &flags));
    ck_assert_uint_eq(flags.count, 2); /* untouched */
    ck_assert(risk_flags_split(STRVIEW(""), &flags));
    ck_assert_uint_eq(flags.count, 0);
}
END_TEST

START_TEST(a_flag_is_no_longer_than_an_id)
{
    char name[65];
    memset(name, 'f', sizeof name);
    ck_assert(risk_flags_split((struct strview){name, 64}, &flags));
    ck_assert(!risk_flags_split((struct strview){name, 65}, &flags));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/contract/risk_flags");
    TCase *rules = tcase_create("rules");
    tcase_add_checked_fixture(rules, setup, teardown);
    tcase_add_test(rules, a_flag_is_set_once_and_cleared_once);
    tcase_add_test(rules, there_is_room_for_sixteen);
    tcase_add_test(rules, what_was_joined_is_split_again);
    tcase_add_test(rules, a_flag_is_no_longer_than_an_id);
    suite_add_tcase(suite, rules);
    return check_main(suite);
}
