/* SPDX-License-Identifier: Apache-2.0 */
/* Headers of a command, well-formed and not. */
#include "command-svc/http/headers.h"
#include "tests/support/check_main.h"

#define COUNT(array)   (int)(sizeof(array) / sizeof((array)[0]))
#define TRACE          "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
#define TRACE_AND_MORE "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-00"

static const char *const JSON_TYPES[] = {
    "application/json",
    "Application/JSON",
    "application/json; charset=utf-8",
    "application/json ;charset=UTF-8",
    "application/json; charset=\"utf-8\"",
    "application/json; charset=utf8",
    "application/json; charset=\"UTF8\"",
    "application/json; profile=x",
};

START_TEST(json_is_recognised)
{
    ck_assert(headers_is_json(strview_of(JSON_TYPES[_i])));
}
END_TEST

static const char *const OTHER_TYPES[] = {
    "",
    "text/plain",
    "application/jsonp",
    "application/problem+json",
    "application/x-www-form-urlencoded",
    "application/json; charset=latin1",
    "application/json; charset=utf-8-sig",
    "application/json; x=y; charset=utf-16",
    "text/plain; application/json",
};

START_TEST(other_types_are_refused)
{
    ck_assert(!headers_is_json(strview_of(OTHER_TYPES[_i])));
}
END_TEST

static const struct {
    const char *value, *key;
} KEYS[] = {
    {"a", "a"},
    {"invoice-536365", "invoice-536365"},
    {"\"invoice-536365\"", "invoice-536365"},
    {"\"a\\\"b\\\\c\"", "a\"b\\c"},
    {"a\"b", "a\"b"},
    {"a\\b", "a\\b"},
    {"8e03978e-40d5-43e8-bc93-6894a57f9324", "8e03978e-40d5-43e8-bc93-6894a57f9324"},
    {"a,b;c=d", "a,b;c=d"},
};

START_TEST(a_key_is_read_bare_or_quoted)
{
    char key[IDEMPOTENCY_KEY_MAX];
    size_t len = 0;

    ck_assert(headers_read_key(strview_of(KEYS[_i].value), key, &len));

    ck_assert(strview_is((struct strview){key, len}, KEYS[_i].key));
}
END_TEST

static const char *const NO_KEYS[] = {
    "",           "\"\"",     "\"",    "\"a",  "a b",  "\"a b\"",     "\"a\"b",
    "\"a\"; p=1", "\"a\\n\"", "\"a\\", "a\tb", "\x7f", "caf\xc3\xa9", "\"\x01\"",
};

START_TEST(what_is_no_key_is_refused)
{
    char key[IDEMPOTENCY_KEY_MAX];
    size_t len = 77;

    ck_assert(!headers_read_key(strview_of(NO_KEYS[_i]), key, &len));

    ck_assert_uint_eq(len, 77);
}
END_TEST

START_TEST(a_key_has_255_characters_at_most)
{
    char text[IDEMPOTENCY_KEY_MAX + 3];
    char key[IDEMPOTENCY_KEY_MAX];
    size_t len = 0;
    memset(text, 'k', sizeof text);

    ck_assert(headers_read_key((struct strview){text, IDEMPOTENCY_KEY_MAX}, key, &len));
    ck_assert_uint_eq(len, IDEMPOTENCY_KEY_MAX);
    ck_assert(!headers_read_key((struct strview){text, IDEMPOTENCY_KEY_MAX + 1}, key, &len));

    text[0] = '"';
    text[IDEMPOTENCY_KEY_MAX + 1] = '"'; /* the quotes do not count */
    ck_assert(headers_read_key((struct strview){text, IDEMPOTENCY_KEY_MAX + 2}, key, &len));
    text[IDEMPOTENCY_KEY_MAX + 1] = 'k';
    text[IDEMPOTENCY_KEY_MAX + 2] = '"';
    ck_assert(!headers_read_key((struct strview){text, IDEMPOTENCY_KEY_MAX + 3}, key, &len));
}
END_TEST

START_TEST(no_header_is_no_key)
{
    char key[IDEMPOTENCY_KEY_MAX];
    size_t len = 0;
    ck_assert(!headers_read_key((struct strview){NULL, 0}, key, &len));
}
END_TEST

START_TEST(our_etags_are_versions)
{
    int64_t version = 0;
    ck_assert(headers_read_version(STRVIEW("\"v3\""), &version));
    ck_assert_int_eq(version, 3);
    ck_assert(headers_read_version(STRVIEW("\"v2147483648\""), &version));
    ck_assert_int_eq(version, INT64_C(2147483648));
}
END_TEST

static const char *const NO_VERSIONS[] = {
    "",
    "*",
    "v3",
    "\"3\"",
    "\"v\"",
    "\"v0\"",
    "\"v-1\"",
    "\"v03\"",
    "W/\"v3\"",
    "\"v3",
    "'v3'",
    "\"v3\",\"v4\"",
    "\"v3x\"",
    "\"V3\"",
    "\"v 3\"",
    "\"v1000000000000000000\"",
    "\"\"",
    "\"",
    "\"v9223372036854775808\"",
};

START_TEST(other_entity_tags_are_refused)
{
    int64_t version = 77;

    ck_assert(!headers_read_version(strview_of(NO_VERSIONS[_i]), &version));

    ck_assert_int_eq(version, 77);
}
END_TEST

START_TEST(a_trace_context_is_recognised)
{
    ck_assert(headers_is_traceparent(STRVIEW(TRACE)));
}
END_TEST

static const char *const NO_TRACES[] = {
    "",
    "00",
    "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    "00-0AF7651916CD43DD8448EB211C80319C-B7AD6B7169203331-01",
    "00-00000000000000000000000000000000-b7ad6b7169203331-01",
    "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
    "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0",
    "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0g",
    "00-0af7651916cd43dd8448eb211c80319-cb7ad6b7169203331-01",
    "00_0af7651916cd43dd8448eb211c80319c_b7ad6b7169203331_01",
    TRACE_AND_MORE,
};

START_TEST(what_is_no_trace_context_is_refused)
{
    ck_assert(!headers_is_traceparent(strview_of(NO_TRACES[_i])));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("command-svc/http/headers");
    TCase *forms = tcase_create("forms");
    tcase_add_loop_test(forms, json_is_recognised, 0, COUNT(JSON_TYPES));
    tcase_add_loop_test(forms, other_types_are_refused, 0, COUNT(OTHER_TYPES));
    tcase_add_loop_test(forms, a_key_is_read_bare_or_quoted, 0, COUNT(KEYS));
    tcase_add_loop_test(forms, what_is_no_key_is_refused, 0, COUNT(NO_KEYS));
    tcase_add_test(forms, a_key_has_255_characters_at_most);
    tcase_add_test(forms, no_header_is_no_key);
    tcase_add_test(forms, our_etags_are_versions);
    tcase_add_loop_test(forms, other_entity_tags_are_refused, 0, COUNT(NO_VERSIONS));
    tcase_add_test(forms, a_trace_context_is_recognised);
    tcase_add_loop_test(forms, what_is_no_trace_context_is_refused, 0, COUNT(NO_TRACES));
    suite_add_tcase(suite, forms);
    return check_main(suite);
}
