/* SPDX-License-Identifier: Apache-2.0 */
/* What questions about the views are answered with; of lists: test_redis_lists.c. */
#include "common/base/parse.h"
#include "projector-svc/views/view_read.h"
#include "tests/integration/redis_views/views_fixture.h"
#include "tests/support/check_main.h"

#include <stdio.h>
#include <string.h>

static const char *read_page(const char *limit, const char *score, const char *member)
{
    struct error err;
    const struct strview args[] = {STRVIEW("PAGE"),   STRVIEW("list"),    strview_of(limit),
                                   strview_of(score), strview_of(member), STRVIEW("status")};
    const struct redisconn_command command = {args, sizeof args / sizeof args[0]};
    ck_assert_int_eq(view_read(f.conn, &f.arena, &command, 1, on_reply, NULL, &err), ERROR_NONE);
    await();
    ck_assert_int_eq(f.kind, ERROR_NONE);
    return f.text;
}

START_TEST(pages_follow_each_other_also_within_one_instant)
{
    (void)redis("ZADD list 1 a 2 b 2 c 2 d 3 e");
    (void)redis("HSET order:d status shipped");

    ck_assert_str_eq(read_page("2", "", ""), "e 3  d 2 shipped c 2  "); /* one more than asked */
    ck_assert_str_eq(read_page("2", "2", "d"), "c 2  b 2  a 1  ");
    ck_assert_str_eq(read_page("2", "2", "b"), "a 1  ");
    ck_assert_str_eq(read_page("2", "1", "a"), "");
    ck_assert_str_eq(read_page("2", "2", "cc"), "c 2  b 2  a 1  "); /* one that is gone */

    (void)redis("ZADD list -2 f -2 g"); /* before 1970 */
    ck_assert_str_eq(read_page("2", "1", "a"), "g -2  f -2  ");
    ck_assert_str_eq(read_page("2", "-2", "g"), "f -2  ");
}
END_TEST

/* Fills a sorted set: members m00000 to m<count - 1>, all of one instant. */
static void plant_instant(const char *key, unsigned count)
{
    char member[16];
    for (unsigned i = 0; i < count; i++) {
        struct error err;
        (void)snprintf(member, sizeof member, "m%05u", i);
        const struct strview words[] = {STRVIEW("ZADD"), strview_of(key), STRVIEW("7"),
                                        strview_of(member)};
        ck_assert_int_eq(
            redisconn_send(f.conn, (struct redisconn_command){words, 4}, on_reply, NULL, &err),
            ERROR_NONE);
        await();
    }
}

START_TEST(a_page_within_a_crowded_instant_begins_where_the_last_one_ended)
{
    plant_instant("list", 1000);

    ck_assert_str_eq(read_page("2", "7", "m00500"), "m00499 7  m00498 7  m00497 7  ");
    ck_assert_str_eq(read_page("2", "7", "m00001"), "m00000 7  ");
    ck_assert_str_eq(read_page("2", "7", "m00000"), "");
    ck_assert_str_eq(read_page("2", "7", "z"), "m00999 7  m00998 7  m00997 7  ");
    ck_assert_str_eq(read_page("2", "6", "z"), "");
}
END_TEST

START_TEST(who_is_in_all_sets_is_found)
{
    (void)redis("SADD mail b a c");
    (void)redis("SADD phone c b d");
    (void)redis("HSET customer:b name Bob");

    ck_assert_str_eq(find("FIND 5 1 mail name"), "0 a  b Bob c  ");
    ck_assert_str_eq(find("FIND 5 2 mail phone name"), "0 b Bob c  ");
    ck_assert_str_eq(find("FIND 3 1 mail name"), "0 a  b Bob c  ");
    ck_assert_str_eq(find("FIND 5 2 mail nothing name"), "0 ");
    ck_assert_str_eq(find("FIND 5 1 nothing name"), "0 ");
}
END_TEST

/* Larger than any encoding that Redis gives back at once. */
static void plant_set(const char *key, unsigned first, unsigned count)
{
    char line[TEXT_MAX];
    for (unsigned i = first; i < first + count; i++) {
        (void)snprintf(line, sizeof line, "SADD %s c%u", key, i);
        (void)redis(line);
    }
}

START_TEST(a_search_stops_at_its_limit_and_says_so)
{
    plant_set("mail", 0, 2000);
    plant_set("phone", 2000, 2000);
    (void)redis("SADD mail both");
    (void)redis("SADD phone both");
    (void)redis("SADD few both c1");

    (void)find("FIND 5 1 mail name");
    ck_assert_msg(strncmp(f.text, "1 ", 2) == 0, "%s", f.text);
    ck_assert_uint_eq(split(f.text, (struct strview[WORDS_MAX]){{0}}),
                      12); /* 5 rows, each with an empty name */
    /* Nearly nobody is in both: to find out takes a look at all of them. */
    ck_assert_msg(strncmp(find("FIND 5 2 mail phone name"), "1 ", 2) == 0, "%s", f.text);
    ck_assert_str_eq(find("FIND 5 2 mail few name"), "0 both  c1  "); /* the smallest set decides */
}
END_TEST

/* Every member that MATCH tells, page by page, each but the last with not more than limit. */
static size_t match_all(size_t limit, const char *sets, bool *seen)
{
    char line[TEXT_MAX], cursor[64] = "";
    size_t count = 0;
    do {
        struct strview words[TEXT_MAX];
        struct error err;
        (void)snprintf(line, sizeof line, "MATCH %zu  product: %s name", limit, sets);
        size_t args = split(line, words);
        words[2] = strview_of(cursor);
        const struct redisconn_command command = {words, args};
        ck_assert_int_eq(view_read(f.conn, &f.arena, &command, 1, on_reply, NULL, &err),
                         ERROR_NONE);
        await();
        ck_assert_int_eq(f.kind, ERROR_NONE);
        args = split(f.text, words);
        (void)snprintf(cursor, sizeof cursor, "%.*s", STRVIEW_ARG(words[0]));
        size_t in_page = 0;
        for (size_t i = 1; i < args; i++) {
            int64_t number;
            if (words[i].len > 1 && words[i].data[0] == 'c' &&
                parse_i64(strview_skip(words[i], 1), &number)) {
                ck_assert(!seen[number]);
                seen[number] = true;
                in_page++;
            }
        }
        ck_assert_uint_le(in_page, limit);
        count += in_page;
    } while (cursor[0] != '\0');
    return count;
}

START_TEST(pages_of_a_match_have_every_member_once)
{
    bool seen[2000] = {false}, both[2000] = {false}, few[2000] = {false};
    plant_set("many", 0, 1000);
    plant_set("others", 900, 1000);
    plant_set("few", 950, 30); /* which Redis gives back at once */

    ck_assert_uint_eq(match_all(7, "1 many", seen), 1000);
    ck_assert_uint_eq(match_all(7, "2 many others", both), 100);
    ck_assert_uint_eq(match_all(7, "3 many others few", few), 30);
    ck_assert_uint_eq(match_all(7, "2 many nothing", few), 0);
}
END_TEST

static void plant_order(int number, const char *status, const char *customer, const char *flags)
{
    char line[TEXT_MAX];
    (void)snprintf(line, sizeof line, "HSET order:o%d status %s customer_id %s risk_flags %s",
                   number, status, customer, flags);
    (void)redis(line);
    (void)snprintf(line, sizeof line, "ZADD idx:%s %d o%d", status, number, number);
    (void)redis(line);
    (void)snprintf(line, sizeof line, "ZADD customer:%s:orders %d o%d", customer, number, number);
    (void)redis(line);
}

static void plant_orders(void)
{
    for (int i = 1; i <= 9; i++) {
        plant_order(i, i % 3 == 0 ? "shipped" : "placed", i % 2 == 0 ? "ann" : "bob",
                    i == 3 ? "new,fraud" : "fraudulent");
    }
    (void)redis("SADD lookup:one ann");
    (void)redis("SADD lookup:two ann bob");
    (void)redis("SADD paid o2 o3");
}

/* The cursor's place is left for the test to fill in; "" stands between two blanks. */
static const struct {
    const char *question;
    const char *answer;
} SEARCHES[] = {
    {"SEARCH 9  1 idx:shipped 1 IS status shipped status", " o9 shipped o6 shipped o3 shipped "},
    {"SEARCH 2  1 idx:shipped 1 IS status shipped status", "1_6_o6 o9 shipped o6 shipped "},
    {"SEARCH 2 1_6_o6 1 idx:shipped 1 IS status shipped status", " o3 shipped "},
    {"SEARCH 9  2 idx:placed idx:shipped 2 IS status shipped IS customer_id bob status",
     " o9 shipped o3 shipped "},
    {"SEARCH 9  1 idx:shipped 1 HAS risk_flags fraud status", " o3 shipped "}, /* the whole word */
    {"SEARCH 9  2 idx:placed lookup:one 1 IN customer_id lookup:one status",
     " o8 placed o6 shipped o4 placed o2 placed "}, /* of the orders of the one, ranked by them */
    {"SEARCH 9  2 idx:shipped lookup:two 1 IN customer_id lookup:two status",
     " o9 shipped o6 shipped o3 shipped "},
    {"SEARCH 9  2 idx:shipped lookup:none 1 IN customer_id lookup:none status", " "},
    {"SEARCH 9  1 idx:nothing 1 IS status x status", " "},
    {"SEARCH 9 7_6_o6 1 idx:shipped 1 IS status shipped status", " o3 shipped "},
    {"LOOKUP 9  1 paid 2 AMONG customer_id paid IS status placed status", " o2 placed "},
    {"LOOKUP 9  1 paid 2 AMONG customer_id paid IS status shipped status", " o3 shipped "},
    {"LOOKUP 9  1 nothing 1 AMONG customer_id nothing status", " "},
};

START_TEST(orders_that_pass_every_test_are_found)
{
    plant_orders();
    ck_assert_str_eq(find(SEARCHES[_i].question), SEARCHES[_i].answer);
}
END_TEST

static const struct {
    const char *question;
    const char *answer;
} STUCK[] = {
    {"STUCK 9  25 0 status", " o1 10 placed o3 20 shipped o4 20 placed "},
    {"STUCK 2  25 0 status", "20_o3 o1 10 placed o3 20 shipped "},
    {"STUCK 2 20_o3 25 0 status", " o4 20 placed "},
    {"STUCK 2 20_o2 25 0 status", " o3 20 shipped o4 20 placed "}, /* one that is gone */
    {"STUCK 9  25 1 IS status shipped status", " o3 20 shipped "},
    {"STUCK 9  5 0 status", " "},
    {"HASHES c1 none c2", "a 1 b 2 "},
};

START_TEST(orders_whose_deadline_is_over_are_told_the_longest_first)
{
    plant_orders();
    (void)redis("ZADD ops:open 10 o1 20 o4 20 o3 30 o2");
    (void)redis("HSET c1 a 1");
    (void)redis("HSET c2 b 2");
    ck_assert_str_eq(find(STUCK[_i].question), STUCK[_i].answer);
}
END_TEST

START_TEST(what_is_dated_before_1970_is_told_in_pages_too)
{
    plant_orders();
    (void)redis("ZADD old -9 o1 -9 o2 -1 o4");
    ck_assert_str_eq(find("SEARCH 1  1 old 1 IS status placed status"), "1_-1_o4 o4 placed ");
    ck_assert_str_eq(find("SEARCH 1 1_-1_o4 1 old 1 IS status placed status"),
                     "1_-9_o2 o2 placed ");
    ck_assert_str_eq(find("SEARCH 1 1_-9_o2 1 old 1 IS status placed status"), " o1 placed ");
    (void)redis("ZADD ops:open -9 o1 -9 o2 -1 o4 5 o3");
    ck_assert_str_eq(find("STUCK 1  25 0 status"), "-9_o1 o1 -9 placed ");
    ck_assert_str_eq(find("STUCK 1 -9_o1 25 0 status"), "-9_o2 o2 -9 placed ");
    ck_assert_str_eq(find("STUCK 1 -9_o2 25 0 status"), "-1_o4 o4 -1 placed ");
    ck_assert_str_eq(find("STUCK 1 -1_o0 25 0 status"), "-1_o4 o4 -1 placed "); /* gone */
}
END_TEST

START_TEST(a_search_that_finds_nothing_goes_on_from_where_it_stopped)
{
    plant_instant("idx:status:placed", 700); /* without hashes: none passes */

    ck_assert_str_eq(find("SEARCH 9  1 idx:status:placed 1 IS status placed status"),
                     "1_7_m00200 ");
    ck_assert_str_eq(find("SEARCH 9 1_7_m00200 1 idx:status:placed 1 IS status placed status"),
                     " ");
}
END_TEST

START_TEST(a_crowded_lookup_is_told_in_pages)
{
    plant_set("paid", 0, 700);

    (void)find("LOOKUP 2  1 paid 1 IS status placed status");

    ck_assert_msg(strchr(f.text, '.') != NULL, "%s",
                  f.text); /* none passes: five steps, then a cursor */
}
END_TEST

static const char *const DAMAGED[][3] = {
    /* key, what is asked, how it is named */
    {"product:p1", "HMGET product:p1 name", "(product:p1)"},
    {"customer:victim", "HMGET customer:victim name", "(customer:*)"},
    {"projection:frozen", "HGET projection:frozen order:o1", "(projection:frozen)"},
    {"order:o1:timeline", "TAIL order:o1:timeline 0 9 99", "(order:o1:timeline)"},
    {"order:o1:timeline", "HEAD order:o1:timeline 9 99", "(order:o1:timeline)"},
    {"projection:parked:order:o1", "HEADS 99 projection:parked:order:o1 9",
     "(projection:parked:order:o1)"},
    {"projection:parked:customer:victim", "HEADS 99 projection:parked:customer:victim 9",
     "(projection:parked:customer:*)"},
    {"customer:victim:orders", "LLEN customer:victim:orders", "(customer:*)"},
};

static const char *refusal_of(const char *line)
{
    struct error err;
    struct strview words[WORDS_MAX];
    const struct redisconn_command command = {words, split(line, words)};
    ck_assert_int_eq(view_read(f.conn, &f.arena, &command, 1, on_reply, NULL, &err), ERROR_NONE);
    await();
    ck_assert_int_eq(f.kind, ERROR_INVALID);
    return f.text;
}

START_TEST(a_key_that_cannot_be_read_is_named)
{
    char line[TEXT_MAX];
    (void)snprintf(line, sizeof line, "SET %s damaged", DAMAGED[_i][0]);
    (void)redis(line);
    ck_assert_ptr_nonnull(strstr(refusal_of(DAMAGED[_i][1]), DAMAGED[_i][2]));
    ck_assert_ptr_nonnull(strstr(f.text, "WRONGTYPE"));
    ck_assert_ptr_null(strstr(f.text, "victim"));
}
END_TEST

START_TEST(so_is_one_that_is_no_document)
{
    (void)redis("HSET order:o1:details a 1");
    ck_assert_ptr_nonnull(strstr(refusal_of("STRINGS 9 order:o1:details"), "(order:o1:details)"));
}
END_TEST

START_TEST(strings_are_told_as_far_as_there_is_room)
{
    (void)redis("SET one aaaa");
    (void)redis("SET two bbbb");

    ck_assert_str_eq(find("STRINGS 8 one none two"), "aaaa - bbbb ");
    ck_assert_str_eq(find("STRINGS 7 one none two"), "aaaa - ");
    ck_assert_str_eq(find("STRINGS 1 one none two"), "aaaa ");
    ck_assert_str_eq(find("STRINGS 1 none one two"), "- ");
}
END_TEST

START_TEST(what_stands_still_is_told_with_how_much_waits_and_was_decided)
{
    (void)redis("HSET projection:frozen order:o1 {} product:p1 {x}");
    (void)redis("RPUSH projection:parked:order:o1 a b");
    (void)redis("SET projection:parked:product:p1 damaged");
    (void)redis("HSET projection:decided order:o1 [1234]");

    ck_assert_str_eq(find("FROZEN 0 100"), "0 order:o1 {} 2 6 product:p1 {x} 0 0 ");
    (void)redis("DEL projection:frozen");
    ck_assert_str_eq(find("FROZEN 0 100"), "0 ");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("projector-svc/functions/reading");
    TCase *server = tcase_create("server");
    tcase_add_checked_fixture(server, setup, teardown);
    tcase_set_timeout(server, 90);
    tcase_add_test(server, pages_follow_each_other_also_within_one_instant);
    tcase_add_test(server, a_page_within_a_crowded_instant_begins_where_the_last_one_ended);
    tcase_add_test(server, who_is_in_all_sets_is_found);
    tcase_add_test(server, a_search_stops_at_its_limit_and_says_so);
    tcase_add_loop_test(server, orders_that_pass_every_test_are_found, 0,
                        sizeof SEARCHES / sizeof SEARCHES[0]);
    tcase_add_test(server, what_is_dated_before_1970_is_told_in_pages_too);
    tcase_add_loop_test(server, orders_whose_deadline_is_over_are_told_the_longest_first, 0,
                        sizeof STUCK / sizeof STUCK[0]);
    tcase_add_test(server, a_search_that_finds_nothing_goes_on_from_where_it_stopped);
    tcase_add_test(server, a_crowded_lookup_is_told_in_pages);
    tcase_add_test(server, pages_of_a_match_have_every_member_once);
    tcase_add_loop_test(server, a_key_that_cannot_be_read_is_named, 0,
                        sizeof DAMAGED / sizeof DAMAGED[0]);
    tcase_add_test(server, so_is_one_that_is_no_document);
    tcase_add_test(server, strings_are_told_as_far_as_there_is_room);
    tcase_add_test(server, what_stands_still_is_told_with_how_much_waits_and_was_decided);
    suite_add_tcase(suite, server);
    return check_main(suite);
}
