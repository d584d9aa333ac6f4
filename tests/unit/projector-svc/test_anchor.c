/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where reading goes on. A log is written as one letter per record, each its id, from the offset
 * of its beginning on; '-' is a stranger's, without one; '.' is a marker, which nobody is shown.
 * The position and the record before it come from Redis.
 */
#include "projector-svc/core/anchor.h"
#include "tests/support/check_main.h"

#include <string.h>

enum { TAKEN_MAX = 64, READINGS_MAX = 4 };

struct reading {
    int64_t begins; /* the log's first offset */
    const char *log;
    int64_t position;
    int64_t kept_offset;
    char kept_id;
    const char *taken; /* their ids */
    enum anchor_finding finding;
};

static char taken[TAKEN_MAX];
static enum anchor_finding found;
static struct anchor anchor;

static void note(enum anchor_finding finding)
{
    found = finding == ANCHOR_NOTHING ? found : finding;
}

/* What Kafka hands out from where the anchor wants to begin. */
static void read_once(const struct reading *of)
{
    const int64_t end = of->begins + (int64_t)strlen(of->log);
    int64_t at = anchor_start(&anchor);
    enum anchor_finding finding;
    at = at == ANCHOR_BEGINNING ? of->begins : at;
    anchor.wants_restart = false;
    if (at < of->begins || at > end) {
        ck_assert(anchor_meet_outside(&anchor));
        return;
    }
    for (; at < end && !anchor.wants_restart; at++) {
        const char letter = of->log[at - of->begins];
        const struct strview id = {.data = &letter, .len = letter == '-' ? 0 : 1};
        if (letter != '.' && anchor_meet(&anchor, at, id, &finding)) {
            taken[strlen(taken)] = letter;
        }
        note(letter == '.' ? ANCHOR_NOTHING : finding);
    }
    note(anchor_meet_end(&anchor, end));
}

static void read_all(const struct reading *of)
{
    struct anchor_identity kept = {.offset = of->kept_offset, .id = {of->kept_id}};
    memset(taken, 0, sizeof taken);
    found = ANCHOR_NOTHING;
    anchor_open(&anchor, of->position, &kept);
    for (int i = 0; anchor.wants_restart; i++) {
        ck_assert_int_lt(i, READINGS_MAX);
        read_once(of);
    }
}

static const struct reading READINGS[] = {
    /* nothing was taken yet */
    {0, "", ANCHOR_NONE, ANCHOR_NONE, 0, "", ANCHOR_NOTHING},
    {0, "abc", ANCHOR_NONE, ANCHOR_NONE, 0, "abc", ANCHOR_NOTHING},
    {0, "..c", ANCHOR_NONE, ANCHOR_NONE, 0, "c", ANCHOR_NOTHING},
    {5, "fg", ANCHOR_NONE, ANCHOR_NONE, 0, "", ANCHOR_REMOVED},
    {5, "", ANCHOR_NONE, ANCHOR_NONE, 0, "", ANCHOR_REMOVED},
    /* the record before the position is the one that was taken */
    {0, "abcd", 3, 2, 'c', "d", ANCHOR_SAME},
    {0, "abc", 3, 2, 'c', "", ANCHOR_SAME},
    {0, "abc.e", 3, 2, 'c', "e", ANCHOR_SAME},
    {1, "bcd", 2, 1, 'b', "cd", ANCHOR_SAME},
    /* behind it only records of others were taken */
    {0, "ab--z", 4, 1, 'b', "z", ANCHOR_SAME},
    {0, "ab--", 4, 1, 'b', "", ANCHOR_SAME},
    {0, "ab-.", 4, 1, 'b', "", ANCHOR_SAME},
    {0, "ab-.z", 4, 1, 'b', "z", ANCHOR_SAME},
    /* those were lost, and what came since stands where they stood */
    {0, "abcde", 4, 1, 'b', "abcde", ANCHOR_REPLACED},
    {0, "abcd", 4, 1, 'b', "abcd", ANCHOR_REPLACED},
    {0, "ab-d", 4, 1, 'b', "ab-d", ANCHOR_REPLACED},
    {0, "ab.de", 4, 1, 'b', "abde", ANCHOR_REPLACED},
    /* or nothing yet */
    {0, "ab-", 4, 1, 'b', "ab-", ANCHOR_REPLACED},
    {0, "ab", 4, 1, 'b', "ab", ANCHOR_REPLACED},
    {0, "ab", INT64_MAX, 1, 'b', "ab", ANCHOR_REPLACED},
    /* the end was lost and filled again, one record fewer */
    {0, "abd", 3, 2, 'c', "abd", ANCHOR_REPLACED},
    {0, "abde", 3, 2, 'c', "abde", ANCHOR_REPLACED},
    {0, "ab.e", 3, 2, 'c', "abe", ANCHOR_REPLACED},
    /* the end was lost and not filled again yet */
    {0, "ab", 3, 2, 'c', "ab", ANCHOR_REPLACED},
    {0, "ab", 5, 4, 'e', "ab", ANCHOR_REPLACED},
    {0, "ab", 5, ANCHOR_NONE, 0, "ab", ANCHOR_REPLACED},
    {0, "ab.", 3, 2, 'c', "ab", ANCHOR_REPLACED},
    /* the topic was made anew */
    {0, "", 3, 2, 'c', "", ANCHOR_REPLACED},
    {0, "mnop", 3, 2, 'c', "mnop", ANCHOR_REPLACED},
    /* none was kept, or what was kept is not from before the position */
    {0, "abcd", 3, ANCHOR_NONE, 0, "d", ANCHOR_UNKNOWN},
    {0, "abcd", 3, 2, 0, "d", ANCHOR_UNKNOWN},
    {0, "abcd", 2, 2, 'c', "cd", ANCHOR_UNKNOWN},
    /* age has removed it, and all that was not read is there */
    {3, "def", 3, 2, 'c', "def", ANCHOR_UNKNOWN},
    {3, "def", 4, 2, 'c', "ef", ANCHOR_UNKNOWN},
    {3, "", 3, 2, 'c', "", ANCHOR_UNKNOWN},
    /* that, and the end was lost */
    {3, "d", 6, 2, 'c', "d", ANCHOR_REPLACED},
    {3, "", 6, 2, 'c', "", ANCHOR_REPLACED},
    /* age has removed what was not read */
    {5, "fg", 3, 2, 'c', "", ANCHOR_REMOVED},
    {5, "", 3, 2, 'c', "", ANCHOR_REMOVED},
    {5, "fg", 3, ANCHOR_NONE, 0, "", ANCHOR_REMOVED},
};

START_TEST(it_goes_on_where_the_ids_agree)
{
    read_all(&READINGS[_i]);

    ck_assert_str_eq(taken, READINGS[_i].taken);
    ck_assert_int_eq(found, READINGS[_i].finding);
}
END_TEST

START_TEST(what_comes_before_the_new_beginning_is_not_taken)
{
    const struct anchor_identity kept = {.offset = 2, .id = "c"};
    enum anchor_finding finding;
    anchor_open(&anchor, 3, &kept);

    ck_assert(!anchor_meet(&anchor, 7, STRVIEW("h"), &finding)); /* of the reading before */
    anchor.wants_restart = false;
    ck_assert(!anchor_meet(&anchor, 2, STRVIEW("c"), &finding));
    ck_assert(anchor_meet(&anchor, 3, STRVIEW("d"), &finding));
    ck_assert(!anchor_meet(&anchor, 3, STRVIEW("d"), &finding)); /* once more */
    ck_assert(anchor_meet(&anchor, 4, STRVIEW("e"), &finding));
}
END_TEST

START_TEST(a_beginning_that_was_lost_skips_nothing)
{
    const struct anchor_identity kept = {.offset = 2, .id = "c"};
    enum anchor_finding finding;
    anchor_open(&anchor, 3, &kept);
    anchor.wants_restart = false;

    ck_assert(!anchor_meet(&anchor, 900, STRVIEW("x"), &finding));

    ck_assert(anchor.wants_restart);
    ck_assert_int_eq(anchor_start(&anchor), ANCHOR_BEGINNING);
}
END_TEST

START_TEST(reading_goes_on_behind_what_was_taken_and_of_a_cut_log_from_its_beginning)
{
    const struct anchor_identity kept = {.offset = 2, .id = "c"};
    enum anchor_finding finding;
    anchor_open(&anchor, 3, &kept);
    anchor.wants_restart = false;
    (void)anchor_meet(&anchor, 2, STRVIEW("c"), &finding);
    ck_assert_int_eq(anchor_start(&anchor), 3);
    ck_assert(anchor_meet(&anchor, 3, STRVIEW("d"), &finding));
    ck_assert_int_eq(anchor_start(&anchor), 4);

    read_all(&(struct reading){5, "fg", 3, 2, 'c', "", ANCHOR_REMOVED});
    ck_assert_int_eq(anchor.state, ANCHOR_CUT);
    ck_assert_int_eq(anchor_start(&anchor), ANCHOR_BEGINNING);
}
END_TEST

START_TEST(while_a_restart_is_wanted_nothing_is_learned)
{
    const struct anchor_identity kept = {.offset = 2, .id = "c"};
    anchor_open(&anchor, 3, &kept);
    ck_assert(anchor.wants_restart);

    ck_assert_int_eq(anchor_meet_end(&anchor, 1), ANCHOR_NOTHING);
    ck_assert(anchor_meet_outside(&anchor));
    ck_assert_int_eq(anchor_start(&anchor), 2);
    ck_assert(anchor.wants_restart);
}
END_TEST

START_TEST(reading_that_begins_anew_meets_the_same_record_again)
{
    const struct anchor_identity kept = {.offset = 1, .id = "b"};
    enum anchor_finding finding;
    anchor_open(&anchor, 4, &kept);
    anchor.wants_restart = false;
    ck_assert(!anchor_meet(&anchor, 1, STRVIEW("b"), &finding));
    ck_assert_int_eq(finding, ANCHOR_NOTHING);
    ck_assert_int_eq(anchor_start(&anchor), 1);

    ck_assert(!anchor_meet(&anchor, 1, STRVIEW("b"), &finding));
    ck_assert(!anchor_meet(&anchor, 2, STRVIEW(""), &finding));
    ck_assert(!anchor_meet(&anchor, 3, STRVIEW(""), &finding));

    ck_assert_int_eq(finding, ANCHOR_SAME);
    ck_assert_int_eq(anchor_start(&anchor), 4);
}
END_TEST

START_TEST(a_partition_that_is_gone_is_told)
{
    const struct anchor_identity kept = {.offset = 2, .id = "c"};
    anchor_open(&anchor, 3, &kept);
    anchor.wants_restart = false;
    ck_assert(anchor_meet_outside(&anchor));
    anchor.wants_restart = false;

    ck_assert(!anchor_meet_outside(&anchor));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("projector-svc/anchor");
    TCase *rules = tcase_create("rules");
    tcase_add_loop_test(rules, it_goes_on_where_the_ids_agree, 0,
                        sizeof READINGS / sizeof READINGS[0]);
    tcase_add_test(rules, what_comes_before_the_new_beginning_is_not_taken);
    tcase_add_test(rules, a_beginning_that_was_lost_skips_nothing);
    tcase_add_test(rules, reading_that_begins_anew_meets_the_same_record_again);
    tcase_add_test(rules, a_partition_that_is_gone_is_told);
    tcase_add_test(rules, while_a_restart_is_wanted_nothing_is_learned);
    tcase_add_test(rules,
                   reading_goes_on_behind_what_was_taken_and_of_a_cut_log_from_its_beginning);
    suite_add_tcase(suite, rules);
    return check_main(suite);
}
