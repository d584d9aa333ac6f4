/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/embedded_text.h"
#include "common/contract/topics.h"
#include "tests/support/check_main.h"

#include <stdio.h>
#include <string.h>

extern const struct embedded_text COMMAND_MIGRATIONS[];

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

int main(void)
{
    Suite *suite = suite_create("migrations");
    TCase *tests = tcase_create("outbox_append");
    tcase_add_test(tests, other_programs_may_append_events_of_every_type_but_ours);
    suite_add_tcase(suite, tests);
    return check_main(suite);
}
