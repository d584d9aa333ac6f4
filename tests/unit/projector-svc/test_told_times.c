/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/views/told_times.h"
#include "tests/support/check_main.h"

static const struct {
    const char *kept;
    const char *told;
} DOCUMENTS[] = {
    {"{\"at\":0}", "{\"at\":\"1970-01-01T00:00:00.000Z\"}"},
    {"{\"a\":1,\"placed_at\":1767323043678,\"b\":[{\"noted_at\":1},{\"noted_at\":2}]}",
     "{\"a\":1,\"placed_at\":\"2026-01-02T03:04:03.678Z\",\"b\":[{\"noted_at\":"
     "\"1970-01-01T00:00:00.001Z\"},{\"noted_at\":\"1970-01-01T00:00:00.002Z\"}]}"},
    {"{\"status_since\":-1,\"since\":5}",
     "{\"status_since\":\"1969-12-31T23:59:59.999Z\",\"since\":\"1970-01-01T00:00:00.005Z\"}"},
    /* told already, another member, no time */
    {"{\"at\":\"2026-01-02T03:04:03.678Z\"}", "{\"at\":\"2026-01-02T03:04:03.678Z\"}"},
    {"{\"amount_minor\":5,\"_at\":5,\"format\":5,\"At\":5}",
     "{\"amount_minor\":5,\"_at\":5,\"format\":5,\"At\":5}"},
    {"{\"at\":999999999999999999,\"b_at\":1.5,\"c_at\":1e3,\"d_at\":99999999999999999999}",
     "{\"at\":999999999999999999,\"b_at\":1.5,\"c_at\":1e3,\"d_at\":99999999999999999999}"},
    /* a text that looks like a member */
    {"{\"text\":\"{\\\"at\\\":5,\"}", "{\"text\":\"{\\\"at\\\":5,\"}"},
    {"{\"text\":\",\\\\\",\"at\":5}", "{\"text\":\",\\\\\",\"at\":\"1970-01-01T00:00:00.005Z\"}"},
    {"{\"text\":\"at:5,placed_at:5\"}", "{\"text\":\"at:5,placed_at:5\"}"},
    /* damaged */
    {"", ""},
    {":", ":"},
    {"\":5", "\":5"},
    {"at\":5}", "at\":5}"},
    {"{\"at\":5", "{\"at\":5"},
    {"{\"at\":", "{\"at\":"},
};

START_TEST(times_are_told_and_all_else_stays)
{
    struct strbuf out;
    strbuf_init(&out, 1024);

    const struct strview kept = strview_of(DOCUMENTS[_i].kept);
    const struct strview told = told_times(kept, &out);

    ck_assert_msg(strview_is(told, DOCUMENTS[_i].told), "%.*s", STRVIEW_ARG(told));
    ck_assert_msg(strview_equal(told, kept) == (told.data == kept.data), "copied only if changed");
    strbuf_done(&out);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("projector-svc/views/told_times");
    TCase *documents = tcase_create("documents");
    tcase_add_loop_test(documents, times_are_told_and_all_else_stays, 0,
                        sizeof DOCUMENTS / sizeof DOCUMENTS[0]);
    suite_add_tcase(suite, documents);
    return check_main(suite);
}
