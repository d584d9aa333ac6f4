/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/sql/functions.h"
#include "command-svc/sql/rules.h"
#include "common/base/ascii.h"
#include "common/base/embedded_text.h"
#include "common/contract/topics.h"
#include "common/run/doctor_database.h"
#include "tests/support/check_main.h"

#include <regex.h>
#include <stdio.h>
#include <string.h>

extern const struct embedded_text COMMAND_MIGRATIONS[];
extern const struct embedded_text COMMAND_RULES[];

enum { RULE_MAX = 256 };

/* As it stands after all migrations: the last one that defines the function counts. */
static const char *newest_outbox_append(void)
{
    const char *newest = NULL;
    for (const struct embedded_text *file = COMMAND_MIGRATIONS; file->name != NULL; file++) {
        const char *found = strstr(file->text, "FUNCTION outbox_append(");
        newest = found != NULL ? found : newest;
    }
    return newest;
}

/* As SQL lists them; begins with a comma. */
#define QUOTED(NAME, name) ", '" #name "'"
static const char OURS[] = AGGREGATES(QUOTED);

START_TEST(other_programs_may_append_events_of_every_type_but_ours)
{
    const char *function = newest_outbox_append();
    ck_assert_ptr_nonnull(function);
    char rule[RULE_MAX];

    (void)snprintf(rule, sizeof rule, "IF outbox_append.aggregatetype IN (%s) THEN",
                   OURS + strlen(", "));

    ck_assert_msg(strstr(function, rule) != NULL, "outbox_append() does not say: %s", rule);
}
END_TEST

/* --- functions */

static const struct sql_function *find(const struct sql_functions *functions, const char *name)
{
    for (size_t i = 0; i < functions->count; i++) {
        if (strview_is(functions->list[i].name, name)) {
            return &functions->list[i];
        }
    }
    return NULL;
}

static bool ends(struct strview text, const char *end)
{
    const size_t len = strlen(end);
    return text.len >= len && memcmp(text.data + text.len - len, end, len) == 0;
}

START_TEST(each_function_of_the_schema_is_found_once)
{
    static const char *const NAMES[] = {
        "outbox_lock_class",   "outbox_maintain",     "installation_init",
        "outbox_murmur2",      "outbox_append",       "outbox_oldest_unpublished",
        "outbox_multiply32",   "outbox_bound_shards", "installation_secure",
        "outbox_kept_because", "outbox_blocked_to",   "outbox_validate",
        "relay_fence_follow",  "relay_fence_derive",  "outbox_missing",
    };
    struct sql_functions functions;

    functions_newest(COMMAND_MIGRATIONS, &functions);

    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
        ck_assert_msg(find(&functions, NAMES[i]) != NULL, "%s", NAMES[i]);
    }
    ck_assert_uint_eq(functions.count, sizeof NAMES / sizeof NAMES[0]);
}
END_TEST

/* So it tells them from those of others in a schema that is shared. */
START_TEST(doctor_knows_the_functions_by_how_their_names_begin)
{
    struct sql_functions functions;
    regex_t begins;
    ck_assert_int_eq(regcomp(&begins, "^" DOCTOR_DATABASE_FUNCTIONS, REG_EXTENDED | REG_NOSUB), 0);

    functions_newest(COMMAND_MIGRATIONS, &functions);

    for (size_t i = 0; i < functions.count; i++) {
        ck_assert_int_eq(regexec(&begins, functions.list[i].name.data, 0, NULL, 0), 0);
    }
    regfree(&begins);
}
END_TEST

START_TEST(the_newest_text_of_a_view_is_taken_whole)
{
    struct sql_functions functions;

    functions_newest(COMMAND_MIGRATIONS, &functions);

    const struct sql_function *missing = find(&functions, "outbox_missing");
    ck_assert(strview_begins(missing->text, "CREATE OR REPLACE VIEW outbox_missing AS\n"));
    ck_assert(ends(missing->text, "\nWHERE NOT is_there OR lost_to IS NOT NULL;"));
}
END_TEST

START_TEST(the_newest_text_of_a_function_is_taken_whole)
{
    struct sql_functions functions;

    functions_newest(COMMAND_MIGRATIONS, &functions);

    const struct sql_function *maintain = find(&functions, "outbox_maintain");
    ck_assert(strview_begins(maintain->text, "CREATE FUNCTION outbox_maintain(keep interval"));
    ck_assert(ends(maintain->text, "\nEND $$;"));
    ck_assert(ends(find(&functions, "outbox_lock_class")->text, "AS 'SELECT 1869769843';"));
}
END_TEST

START_TEST(a_function_is_everybodys_until_that_is_revoked)
{
    static const struct embedded_text FILES[] = {
        {"0001_a.sql", "CREATE FUNCTION open() RETURNS int LANGUAGE sql AS 'SELECT 1';\n"
                       "CREATE FUNCTION shut() RETURNS int LANGUAGE sql AS 'SELECT 2';\n"},
        {"0002_b.sql", "REVOKE ALL ON FUNCTION other_shut(),\n    shut() FROM PUBLIC;\n"},
        {"0003_c.sql", "CREATE OR REPLACE FUNCTION shut() RETURNS int LANGUAGE sql AS $$\n"
                       "SELECT 3;\nSELECT 4;\n$$;\n"
                       "REVOKE ALL ON FUNCTION reopen() FROM PUBLIC;"},
        {NULL, NULL},
    };
    struct sql_functions functions;

    functions_newest(FILES, &functions);

    ck_assert_uint_eq(functions.count, 2);
    ck_assert(find(&functions, "open")->is_public);
    ck_assert(!find(&functions, "shut")->is_public);
    ck_assert(ends(find(&functions, "shut")->text, "SELECT 4;\n$$;"));
}
END_TEST

START_TEST(a_function_that_a_later_migration_drops_is_none)
{
    static const struct embedded_text FILES[] = {
        {"0001_a.sql", "CREATE FUNCTION gone(int) RETURNS int LANGUAGE sql AS 'SELECT 1';\n"
                       "CREATE FUNCTION stays() RETURNS int LANGUAGE sql AS 'SELECT 2';\n"
                       "CREATE FUNCTION anew() RETURNS int LANGUAGE sql AS 'SELECT 3';\n"
                       "REVOKE ALL ON FUNCTION anew() FROM PUBLIC;\n"},
        {"0002_b.sql", "DROP FUNCTION gone(int), anew();\n"
                       "CREATE FUNCTION anew(int) RETURNS int LANGUAGE sql AS 'SELECT 4';\n"},
        {NULL, NULL},
    };
    struct sql_functions functions;

    functions_newest(FILES, &functions);

    ck_assert_uint_eq(functions.count, 2);
    ck_assert_ptr_null(find(&functions, "gone"));
    ck_assert_ptr_nonnull(find(&functions, "stays"));
    ck_assert(find(&functions, "anew")->is_public);
}
END_TEST

/* --- rules */

static bool is_plain(char c)
{
    return ascii_is_lower(c) || ascii_is_digit(c) || c == '_';
}

START_TEST(a_line_of_rules_is_a_table_a_name_and_a_statement)
{
    struct sql_rule rules[RULES_MAX];

    const size_t count = rules_read(
        "# a remark\na\ta_pkey\tALTER TABLE a ADD x\n\nb\tb_check\t\nc\tc_i\tCREATE", rules);

    ck_assert_uint_eq(count, 3);
    ck_assert(strview_is(rules[0].home, "a") && strview_is(rules[0].name, "a_pkey"));
    ck_assert(strview_is(rules[0].statement, "ALTER TABLE a ADD x"));
    ck_assert(strview_is(rules[1].home, "b") && rules[1].statement.len == 0);
    ck_assert(strview_is(rules[2].statement, "CREATE"));
}
END_TEST

/* Names as they stand there go into an array of PostgreSQL's. */
START_TEST(all_rules_are_read_and_have_plain_names)
{
    struct sql_rule rules[RULES_MAX];

    const size_t count = rules_read(COMMAND_RULES[0].text, rules);

    ck_assert_uint_gt(count, 20);
    ck_assert_uint_lt(count, RULES_MAX);
    for (size_t i = 0; i < count; i++) {
        ck_assert(rules[i].home.len > 0 && strview_has_only(rules[i].home, is_plain));
        ck_assert(rules[i].name.len > 0 && strview_has_only(rules[i].name, is_plain));
        ck_assert(rules[i].statement.len == 0 ||
                  strview_begins(rules[i].statement, "ALTER TABLE ") ||
                  strview_begins(rules[i].statement, "CREATE "));
    }
}
END_TEST

/* rules.txt has a line for each table at least, as each has a key; it goes by tables. */
START_TEST(doctor_looks_for_locks_of_all_tables)
{
    struct sql_rule rules[RULES_MAX];
    struct strview tables = strview_skip(strview_of(DOCTOR_DATABASE_TABLES), 1);
    struct strview last = {.data = NULL};
    tables.len--;

    const size_t count = rules_read(COMMAND_RULES[0].text, rules);

    for (size_t i = 0; i < count; i++) {
        if (!strview_equal(rules[i].home, last)) {
            last = rules[i].home;
            ck_assert(strview_equal(strview_take(&tables, ','), last));
        }
    }
    ck_assert_ptr_null(tables.data);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("migrations");
    TCase *functions = tcase_create("functions");
    tcase_add_test(functions, each_function_of_the_schema_is_found_once);
    tcase_add_test(functions, doctor_knows_the_functions_by_how_their_names_begin);
    tcase_add_test(functions, the_newest_text_of_a_function_is_taken_whole);
    tcase_add_test(functions, the_newest_text_of_a_view_is_taken_whole);
    tcase_add_test(functions, a_function_is_everybodys_until_that_is_revoked);
    tcase_add_test(functions, a_function_that_a_later_migration_drops_is_none);
    suite_add_tcase(suite, functions);
    TCase *rules = tcase_create("rules");
    tcase_add_test(rules, a_line_of_rules_is_a_table_a_name_and_a_statement);
    tcase_add_test(rules, all_rules_are_read_and_have_plain_names);
    tcase_add_test(rules, doctor_looks_for_locks_of_all_tables);
    suite_add_tcase(suite, rules);
    TCase *tests = tcase_create("outbox_append");
    tcase_add_test(tests, other_programs_may_append_events_of_every_type_but_ours);
    suite_add_tcase(suite, tests);
    return check_main(suite);
}
