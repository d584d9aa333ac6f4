/* SPDX-License-Identifier: Apache-2.0 */
/* A refused command's line: which one, why, and nothing of what a person wrote. */
#include "command-svc/http/refusal_log.h"
#include "tests/support/check_main.h"

#include <stdio.h>

static char line[LOG_LINE_MAX + 1];

static const char *line_of(const struct refusal *refusal)
{
    struct log_field fields[REFUSAL_FIELDS_MAX];
    refusal_fields(refusal, fields);
    const size_t len = log_format(line, LOG_LINE_MAX, 0, LOG_INFO, "command_refused", fields);
    line[len] = '\0';
    return line;
}

static void expect(const char *part)
{
    ck_assert_msg(strstr(line, part) != NULL, "%s is not in %s", part, line);
}

static void expect_no(const char *part)
{
    ck_assert_msg(strstr(line, part) == NULL, "%s is in %s", part, line);
}

#define TRACE "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

START_TEST(a_line_names_the_command_and_the_reason)
{
    const struct command command = {
        .aggregate_id = STRVIEW("01990000-0000-7000-8000-000000000000"),
        .command_id = {"01990000-0000-7000-8000-000000000001"},
        .actor = {.role = STRVIEW("agent"), .subject = STRVIEW("alice")},
        .traceparent = STRVIEW(TRACE),
    };

    (void)line_of(&(struct refusal){.command = &command,
                                    .kind = COMMAND_CANCEL_ORDER,
                                    .status = 409,
                                    .slug = STRVIEW("illegal-transition"),
                                    .is_replayed = true,
                                    .held = 7});

    expect("\"command\":\"CancelOrder\"");
    expect("\"status\":409");
    expect("\"reason\":\"illegal-transition\"");
    expect("\"aggregate_id\":\"01990000-0000-7000-8000-000000000000\"");
    expect("\"command_id\":\"01990000-0000-7000-8000-000000000001\"");
    expect("\"role\":\"agent\"");
    expect("\"subject\":\"alice\"");
    expect("\"traceparent\":\"" TRACE "\"");
    expect("\"replayed\":true");
    expect("\"left_out\":7");
}
END_TEST

START_TEST(what_is_not_known_yet_is_left_out)
{
    const struct command nothing = {.aggregate_id = STRVIEW("")};

    (void)line_of(&(struct refusal){.command = &nothing,
                                    .kind = COMMAND_PLACE_ORDER,
                                    .status = 400,
                                    .slug = STRVIEW("idempotency-key-missing")});

    expect("\"command\":\"PlaceOrder\"");
    expect_no("aggregate_id");
    expect_no("command_id");
    expect_no("subject");
    expect_no("traceparent");
    expect_no("replayed");
    expect_no("left_out");
}
END_TEST

/* Every member that a person may have written, each with words of its own. */
START_TEST(no_personal_data_stands_in_a_line)
{
    static const char *const PERSONAL[] = {"Jane",  "jane.doe@", "+44",      "High Street",
                                           "Leeds", "LS1",       "asked by", "%40"};
    struct command command = {
        .aggregate_id = STRVIEW("jane.doe@example.org"),
        .command_id = {"01990000-0000-7000-8000-000000000001"},
        .actor = {.role = STRVIEW("customer"), .subject = STRVIEW("c-1")},
    };
    command.register_customer = (struct contact){.name = STRVIEW("Jane Doe"),
                                                 .email = STRVIEW("jane.doe@example.org"),
                                                 .phone = STRVIEW("+44 20 7946 0000")};

    (void)line_of(&(struct refusal){.command = &command,
                                    .kind = COMMAND_REGISTER_CUSTOMER,
                                    .status = 422,
                                    .slug = STRVIEW("invalid-command")});
    for (size_t i = 0; i < sizeof PERSONAL / sizeof PERSONAL[0]; i++) {
        expect_no(PERSONAL[i]);
    }

    command.aggregate_id = STRVIEW("+44 20 7946 0000");
    command.reason = STRVIEW("Jane asked by phone, 1 High Street, Leeds LS1");
    (void)line_of(&(struct refusal){.command = &command,
                                    .kind = COMMAND_DEACTIVATE_CUSTOMER,
                                    .status = 404,
                                    .slug = STRVIEW("not-found")});
    for (size_t i = 0; i < sizeof PERSONAL / sizeof PERSONAL[0]; i++) {
        expect_no(PERSONAL[i]);
    }
}
END_TEST

START_TEST(the_reason_is_the_problems)
{
    static const struct {
        const char *body;
        const char *slug;
    } BODIES[] = {
        {"{\"type\":\"urn:problem:insufficient-stock\",\"title\":\"x\"}", "insufficient-stock"},
        {"{\"command_id\":\"x\"}", ""},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof BODIES / sizeof BODIES[0]; i++) {
        ck_assert(strview_is(refusal_slug_of(strview_of(BODIES[i].body)), BODIES[i].slug));
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("command-svc/http/refusal_log");
    TCase *tcase = tcase_create("lines");
    tcase_add_test(tcase, a_line_names_the_command_and_the_reason);
    tcase_add_test(tcase, what_is_not_known_yet_is_left_out);
    tcase_add_test(tcase, no_personal_data_stands_in_a_line);
    tcase_add_test(tcase, the_reason_is_the_problems);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
