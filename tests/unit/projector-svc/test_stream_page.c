/* SPDX-License-Identifier: Apache-2.0 */
/* Who reads the stream goes on behind what it had, or is told that this cannot be known. */
#include "projector-svc/core/stream_page.h"
#include "tests/support/check_main.h"

static const struct {
    const char *text;
    struct stream_id id;
} IDS[] = {
    {"0-0", {0, 0}},
    {"1764223547123-0", {1764223547123, 0}},
    {"1764223547123-17", {1764223547123, 17}},
    {"18446744073709551615-18446744073709551615", {UINT64_MAX, UINT64_MAX}},
};

START_TEST(an_id_is_read_as_it_is_written)
{
    struct stream_id id;
    char text[STREAM_ID_SIZE];

    ck_assert(stream_id_parse(strview_of(IDS[_i].text), &id));

    ck_assert_int_eq(stream_id_compare(id, IDS[_i].id), 0);
    ck_assert(strview_is(stream_id_print(id, text), IDS[_i].text));
}
END_TEST

static const char *const GARBAGE[] = {
    "",
    "-",
    "1",
    "1-",
    "-1",
    "1--1",
    "+1-1",
    "1-+1",
    " 1-1",
    "1-1 ",
    "01-1",
    "1-01",
    "1-1-1",
    "0x1-1",
    "$",
    "1.0-1",
    "*",
    "1-*",
    "１-１",
    "a-b",
    "1-1\n",
    "1_1",
    "1764-1e1",
    "18446744073709551616-0",
    "0-18446744073709551616",
    "99999999999999999999999999999999999999999999999999-1",
};

START_TEST(anything_else_is_no_id)
{
    struct stream_id id = {7, 7};

    ck_assert(!stream_id_parse(strview_of(GARBAGE[_i]), &id));

    ck_assert(id.ms == 7 && id.number == 7);
}
END_TEST

START_TEST(ids_are_in_the_order_in_which_they_were_given)
{
    static const struct stream_id ORDER[] = {{0, 0}, {0, 1}, {1, 0}, {1, 9}, {2, 0}, {2, 1}};
    for (int i = 0; i < 6; i++) {
        for (int j = 0; j < 6; j++) {
            const int order = stream_id_compare(ORDER[i], ORDER[j]);
            ck_assert_int_eq((order > 0) - (order < 0), (i > j) - (i < j));
        }
    }
}
END_TEST

static const struct stream_id FIVE[] = {{10, 0}, {10, 1}, {20, 0}, {30, 0}, {30, 5}};
enum { NOWHERE = 99 };

static const struct {
    const char *why;
    size_t count; /* of the five */
    bool is_last;
    size_t length;
    struct stream_id at;
    enum stream_place place;
    size_t next;
} CASES[] = {
    {"it is the first", 5, true, 5000, {10, 0}, STREAM_FOUND, 1},
    {"it is within", 5, true, 5000, {20, 0}, STREAM_FOUND, 3},
    {"it is the last: nothing follows", 5, true, 5000, {30, 5}, STREAM_FOUND, 5},
    {"it is the last of a page", 5, false, 5000, {30, 5}, STREAM_FOUND, 5},
    {"it was cut off", 5, true, 5000, {9, 9}, STREAM_GONE, NOWHERE},
    {"another one stands in its place", 5, true, 5000, {10, 2}, STREAM_GONE, NOWHERE},
    {"the same on a page in the middle", 5, false, 5000, {30, 4}, STREAM_GONE, NOWHERE},
    {"it stands on a later page", 5, false, 5000, {30, 6}, STREAM_BEYOND, NOWHERE},
    {"the end is lost", 5, true, 5000, {30, 6}, STREAM_AHEAD, NOWHERE},
    {"all is lost", 0, true, 0, {30, 6}, STREAM_AHEAD, NOWHERE},
    {"all from there on is lost", 0, true, 700, {30, 6}, STREAM_AHEAD, NOWHERE},
    {"the stream was empty, and is", 0, true, 0, {0, 0}, STREAM_FOUND, 0},
    {"the stream was empty, and all that came is there", 5, true, 5, {0, 0}, STREAM_FOUND, 0},
    {"the same, with more than a page", 5, false, 999, {0, 0}, STREAM_FOUND, 0},
    {"the stream was empty, and some of what came may be cut off",
     5,
     false,
     1000,
     {0, 0},
     STREAM_GONE,
     NOWHERE},
};

START_TEST(a_place_is_found_or_it_is_known_why_not)
{
    const struct stream_page page = {.ids = FIVE,
                                     .count = CASES[_i].count,
                                     .is_last = CASES[_i].is_last,
                                     .length = CASES[_i].length};
    size_t next = NOWHERE;

    const enum stream_place place = stream_page_find(&page, CASES[_i].at, &next);

    ck_assert_msg(place == CASES[_i].place, "%s: %d", CASES[_i].why, (int)place);
    if (place == STREAM_FOUND) {
        ck_assert_msg(next == CASES[_i].next, "%s: %zu", CASES[_i].why, next);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("projector-svc/core/stream_page");
    TCase *rules = tcase_create("rules");
    tcase_add_loop_test(rules, an_id_is_read_as_it_is_written, 0, sizeof IDS / sizeof IDS[0]);
    tcase_add_loop_test(rules, anything_else_is_no_id, 0, sizeof GARBAGE / sizeof GARBAGE[0]);
    tcase_add_test(rules, ids_are_in_the_order_in_which_they_were_given);
    tcase_add_loop_test(rules, a_place_is_found_or_it_is_known_why_not, 0,
                        sizeof CASES / sizeof CASES[0]);
    suite_add_tcase(suite, rules);
    return check_main(suite);
}
