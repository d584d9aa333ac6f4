/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the reader lets through and what it refuses.
 *
 * The refusals are the inputs that yajl alone accepts or that PostgreSQL would
 * reject in the middle of somebody else's batch.
 */
#include "tests/support/check_main.h"
#include "tests/unit/common/json_fixture.h"

#include <stdio.h>

static enum error_kind refusal(struct strview bytes)
{
    static const struct json_value UNTOUCHED;
    const struct json_value *value = &UNTOUCHED;
    const enum error_kind kind = json_parse(bytes, &arena, &value, &err);
    ck_assert_ptr_eq(value, &UNTOUCHED);
    return kind;
}

static const struct {
    const char *bytes;
    size_t len;
    const char *says; /* part of the text */
} REFUSED[] = {
    {BYTES(""), "empty"},
    {BYTES("   "), "empty"},
    {BYTES("\xef\xbb\xbf{}"), "byte order mark"},

    /* strings */
    {BYTES("\"\xff\""), "UTF-8"},
    {BYTES("\"\xc0\xaf\""), "UTF-8"},         /* overlong */
    {BYTES("\"\xc0\x80\""), "UTF-8"},         /* overlong NUL */
    {BYTES("\"\xed\xa0\x80\""), "UTF-8"},     /* a surrogate's bytes */
    {BYTES("\"\xf4\x90\x80\x80\""), "UTF-8"}, /* past U+10FFFF */
    {BYTES("\"\xe2\x82\""), "UTF-8"},         /* cut short */
    {BYTES("{\"\xff\":1}"), "UTF-8"},         /* in a name */
    {BYTES("\"a\0b\""), "NUL"},
    {BYTES("{}\0"), "NUL"},
    {BYTES("\"\\u0000\""), "escaped NUL"},
    {BYTES("{\"a\\u0000b\":1}"), "escaped NUL"},
    {BYTES("\"\\ud800\""), "lone surrogate"},
    {BYTES("\"\\ud800x\""), "lone surrogate"},
    {BYTES("\"\\udc00x\""), "lone surrogate"},
    {BYTES("\"\\uDBFF\\u0041\""), "lone surrogate"},
    {BYTES("\"\\ud800\\ud800\""), "lone surrogate"},
    {BYTES("\"\\ud83d\\ude00\\ude00\""), "lone surrogate"},
    {BYTES("\"\\ud800\\"), "lone surrogate"},
    {BYTES("\"\\\\\\ud800\""), "lone surrogate"},
    {BYTES("\"\\u12\""), "not JSON"},
    {BYTES("\"\\u12G4\""), "not JSON"},
    {BYTES("\"\\x41\""), "not JSON"},
    {BYTES("\"\t\""), "not JSON"}, /* control characters must be escaped */
    {BYTES("\"\n\""), "not JSON"},
    {BYTES("\"open"), "not JSON"},
    {BYTES("'single'"), "not JSON"},
    {BYTES("\\u0041"), "not JSON"},

    /* blanks are four: space, tab, carriage return, line feed */
    {BYTES("{}\f"), "a control character"},
    {BYTES("\v{}"), "a control character"},
    {BYTES("{\f}"), "a control character"},
    {BYTES("[1,\v2]"), "a control character"},
    {BYTES("\f"), "a control character"},
    {BYTES("\"\f\""), "a control character"},

    /* numbers */
    {BYTES("007"), "not JSON"},
    {BYTES("[007]"), "not JSON"}, /* yajl hands out a 0 before it notices */
    {BYTES("+1"), "not JSON"},
    {BYTES(".5"), "not JSON"},
    {BYTES("1."), "not JSON"},
    {BYTES("1e"), "not JSON"},
    {BYTES("-"), "not JSON"},
    {BYTES("0x10"), "not JSON"},
    {BYTES("NaN"), "not JSON"},
    {BYTES("Infinity"), "not JSON"},

    /* structure */
    {BYTES("{\"a\":1,\"a\":1}"), "stands twice"},
    {BYTES("{\"a\":1,\"\\u0061\":2}"), "stands twice"}, /* the same name, spelt otherwise */
    {BYTES("{\"o\":{\"b\":1,\"c\":2,\"b\":3}}"), "stands twice"},
    {BYTES("{\"\":1,\"\":2}"), "stands twice"},
    {BYTES("{} {}"), "not JSON"},
    {BYTES("{}x"), "not JSON"},
    {BYTES("1 2"), "not JSON"},
    {BYTES("{}\""), "not JSON"}, /* yajl takes an unfinished string for the end */
    {BYTES("{} \"and then some"), "not JSON"},
    {BYTES("{}\n\"\\"), "not JSON"},
    {BYTES("[1]\"a\\u12"), "not JSON"},
    {BYTES("null\"x\xc3\xa9"), "not JSON"},
    {BYTES("\"s\" \"x"), "not JSON"},
    {BYTES("12 \"x"), "not JSON"},
    {BYTES("{} tru"), "not JSON"},
    {BYTES("{} -"), "not JSON"},
    {BYTES("[1,]"), "not JSON"},
    {BYTES("{\"a\":1,}"), "not JSON"},
    {BYTES("{\"a\"}"), "not JSON"},
    {BYTES("{a:1}"), "not JSON"},
    {BYTES("{1:1}"), "not JSON"},
    {BYTES("[1 2]"), "not JSON"},
    {BYTES("[}"), "not JSON"},
    {BYTES("{]"), "not JSON"},
    {BYTES("[1"), "not JSON"},
    {BYTES("]"), "not JSON"},
    {BYTES("// comment\n1"), "not JSON"},
    {BYTES("/* comment */1"), "not JSON"},
    {BYTES("[1]/**/"), "not JSON"},
    {BYTES("tru"), "not JSON"},
    {BYTES("True"), "not JSON"},
};
enum { REFUSED_COUNT = sizeof REFUSED / sizeof REFUSED[0] };

START_TEST(what_others_could_read_differently_is_refused)
{
    const struct strview bytes = {.data = REFUSED[_i].bytes, .len = REFUSED[_i].len};

    ck_assert_int_eq(refusal(bytes), ERROR_INVALID);

    ck_assert_msg(strstr(err.text, REFUSED[_i].says) != NULL, "\"%s\" does not say \"%s\"",
                  err.text, REFUSED[_i].says);
}
END_TEST

static const struct {
    const char *text;
    enum json_type type;
    int64_t integer;
} NUMBERS[] = {
    {"0", JSON_INTEGER, 0},
    {"-1", JSON_INTEGER, -1},
    {"9223372036854775807", JSON_INTEGER, INT64_MAX},
    {"-9223372036854775808", JSON_INTEGER, INT64_MIN},
    {"9223372036854775808", JSON_NUMBER, 0}, /* 2^63 */
    {"-9223372036854775809", JSON_NUMBER, 0},
    {"18446744073709551616", JSON_NUMBER, 0},
    {"1e400", JSON_NUMBER, 0},
    {"1e3", JSON_NUMBER, 0},
    {"1.0", JSON_NUMBER, 0},
    {"-0", JSON_NUMBER, 0},
    {"-0.0", JSON_NUMBER, 0},
    {"1E+2", JSON_NUMBER, 0},
};
enum { NUMBER_COUNT = sizeof NUMBERS / sizeof NUMBERS[0] };

START_TEST(only_what_fits_exactly_is_an_integer)
{
    const struct json_value *value = parsed(strview_of(NUMBERS[_i].text));

    ck_assert_str_eq(json_type_name(value->type), json_type_name(NUMBERS[_i].type));
    ck_assert_int_eq(value->integer, NUMBERS[_i].integer);
    ck_assert(strview_is(value->text, NUMBERS[_i].text));
}
END_TEST

static const struct {
    const char *json;
    const char *bytes;
    size_t len;
} STRINGS[] = {
    {"\"\"", BYTES("")},
    {"\"order\"", BYTES("order")},
    {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", BYTES("\"\\/\b\f\n\r\t")},
    {"\"\\u0041\\u00e9\\u20AC\"", BYTES("A\xc3\xa9\xe2\x82\xac")},
    {"\"\\ud83d\\ude00\"", BYTES("\xf0\x9f\x98\x80")},
    {"\"\\uD83D\\uDE00\"", BYTES("\xf0\x9f\x98\x80")},
    {"\"\\udbff\\udfff\"", BYTES("\xf4\x8f\xbf\xbf")},
    {"\"\\\\ud800\"", BYTES("\\ud800")}, /* a backslash, then letters: no surrogate at all */
    {"\"\\\\\\\\u0000\"", BYTES("\\\\u0000")},
    {"\"\xc3\xa9\"", BYTES("\xc3\xa9")},
    {"\"\x7f\"", BYTES("\x7f")},
    {"\"\\u0001\"", BYTES("\x01")},
};
enum { STRING_COUNT = sizeof STRINGS / sizeof STRINGS[0] };

START_TEST(strings_are_decoded)
{
    const struct json_value *value = parsed(strview_of(STRINGS[_i].json));

    ck_assert_int_eq(value->type, JSON_STRING);
    ck_assert(strview_equal(value->text,
                            (struct strview){.data = STRINGS[_i].bytes, .len = STRINGS[_i].len}));
}
END_TEST

START_TEST(a_document_becomes_a_tree)
{
    const struct json_value *root =
        parsed(STRVIEW(" {\"a\": [1, \"two\", null, true, false, {}], \"b\": {\"c\": []}}\r\n\t "));

    ck_assert_int_eq(root->type, JSON_OBJECT);
    ck_assert_uint_eq(root->count, 2);
    static const enum json_type TYPES[] = {JSON_INTEGER, JSON_STRING, JSON_NULL,
                                           JSON_BOOL,    JSON_BOOL,   JSON_OBJECT};
    const struct json_value *array = json_member(root, "a");
    ck_assert_uint_eq(array->count, 6);
    const struct json_value *item = array->first;
    for (size_t i = 0; i < 6; i++, item = item->next) {
        ck_assert_int_eq(item->type, TYPES[i]);
    }
    ck_assert_ptr_null(item);
    const struct json_value *inner = json_member(json_member(root, "b"), "c");
    ck_assert_int_eq(inner->type, JSON_ARRAY);
    ck_assert_uint_eq(inner->count, 0);
    ck_assert_ptr_null(inner->first);
}
END_TEST

START_TEST(members_are_found_by_whole_names_only)
{
    const struct json_value *root = parsed(STRVIEW("{\"ab\":1,\"t\":\"x\",\"n\":1.5}"));

    ck_assert_ptr_null(json_member(root, "a"));
    ck_assert_ptr_null(json_member(root, "abc"));
    ck_assert_ptr_null(json_member(NULL, "ab"));
    ck_assert_ptr_null(json_member(json_member(root, "ab"), "ab"));
    ck_assert(strview_is(json_text(root, "t"), "x"));
    ck_assert(strview_is(json_text(root, "ab"), ""));
    ck_assert_int_eq(json_integer(root, "ab", 7), 1);
    ck_assert_int_eq(json_integer(root, "n", 7), 7);
    ck_assert_int_eq(json_integer(root, "missing", 7), 7);
}
END_TEST

START_TEST(a_number_that_cannot_be_added_up_is_none)
{
    const struct json_value *root =
        parsed(STRVIEW("{\"most\":9223372036854775807,\"least\":-9223372036854775808,"
                       "\"large\":2305843009213693951}"));

    ck_assert_int_eq(json_integer(root, "most", 7), 7);
    ck_assert_int_eq(json_integer(root, "least", 7), 7);
    ck_assert_int_eq(json_time(root, "most", 7), 7);
    ck_assert_int_eq(json_integer(root, "large", 7), INT64_MAX / 4);
}
END_TEST

static struct strview nested(char *text, char open, char close, size_t depth)
{
    memset(text, open, depth);
    memset(text + depth, close, depth);
    return (struct strview){.data = text, .len = 2 * depth};
}

START_TEST(nesting_ends_at_sixteen)
{
    static char text[20000];

    ck_assert_int_eq(parsed(nested(text, '[', ']', JSON_DEPTH_MAX))->type, JSON_ARRAY);
    ck_assert_int_eq(refusal(nested(text, '[', ']', JSON_DEPTH_MAX + 1)), ERROR_INVALID);
    ck_assert_ptr_nonnull(strstr(err.text, "deeper than 16"));
    ck_assert_int_eq(refusal(nested(text, '[', ']', 10000)), ERROR_INVALID);
    ck_assert_ptr_nonnull(strstr(err.text, "deeper than 16"));
}
END_TEST

START_TEST(nested_objects_count_too)
{
    strbuf_append_cstr(&out, "1");
    for (size_t i = 0; i < JSON_DEPTH_MAX; i++) {
        struct strbuf around;
        strbuf_init(&around, 4096);
        strbuf_printf(&around, "{\"a\":%s}", strbuf_cstr(&out));
        strbuf_done(&out);
        out = around;
    }
    ck_assert_int_eq(parsed(strbuf_view(&out))->type, JSON_OBJECT);

    char text[4096];
    (void)snprintf(text, sizeof text, "[%s]", strbuf_cstr(&out));
    ck_assert_int_eq(refusal(strview_of(text)), ERROR_INVALID);
}
END_TEST

START_TEST(side_by_side_is_not_nesting)
{
    strbuf_append_char(&out, '[');
    for (size_t i = 0; i < 50; i++) {
        strbuf_append_cstr(&out, "[[]],");
    }
    strbuf_truncate(&out, out.len - 1);
    strbuf_append_char(&out, ']');

    ck_assert_uint_eq(parsed(strbuf_view(&out))->count, 50);
}
END_TEST

static void put_object_with_members(size_t count)
{
    strbuf_reset(&out);
    strbuf_append_char(&out, '{');
    for (size_t i = 0; i < count; i++) {
        strbuf_printf(&out, "%s\"m%zu\":%zu", i == 0 ? "" : ",", i, i);
    }
    strbuf_append_char(&out, '}');
}

START_TEST(an_object_has_at_most_sixty_four_members)
{
    put_object_with_members(JSON_MEMBERS_MAX);
    ck_assert_uint_eq(parsed(strbuf_view(&out))->count, JSON_MEMBERS_MAX);

    put_object_with_members(JSON_MEMBERS_MAX + 1);
    ck_assert_int_eq(refusal(strbuf_view(&out)), ERROR_INVALID);
    ck_assert_ptr_nonnull(strstr(err.text, "64 members"));
}
END_TEST

START_TEST(an_arena_too_small_is_said_so_wherever_it_ends)
{
    const struct strview bytes =
        STRVIEW("{\"order\":{\"lines\":[1,2.5,\"three\",null,true]},\"n\\u0061me\":\"x\"}");
    size_t refusals = 0;
    for (size_t max = 0; max < 4096; max += 16) {
        struct arena small;
        arena_init(&small, max);
        const struct json_value *value;
        const enum error_kind kind = json_parse(bytes, &small, &value, &err);
        if (kind != ERROR_NONE) {
            ck_assert_int_eq(kind, ERROR_EXHAUSTED);
            refusals++;
        }
        arena_done(&small);
    }
    ck_assert_uint_gt(refusals, 10);
    ck_assert_uint_lt(refusals, 250);
}
END_TEST

static bool lies_in(struct strview document, struct strview text)
{
    return text.data >= document.data && text.data + text.len <= document.data + document.len;
}

START_TEST(a_text_is_copied_only_where_it_does_not_stand_in_the_document_as_it_is)
{
    const struct strview document =
        STRVIEW("{\"plain\":\"caf\xc3\xa9\",\"empty\":\"\",\"n\":-12,\"es\\u0063aped\":\"a\\nb\"}");
    const struct json_value *root = parsed(document);
    const struct json_value *plain = json_member(root, "plain");
    const struct json_value *escaped = json_member(root, "escaped");

    ck_assert(lies_in(document, plain->text) && lies_in(document, plain->name));
    ck_assert(lies_in(document, json_member(root, "empty")->text));
    ck_assert(lies_in(document, json_member(root, "n")->text));
    ck_assert(strview_is(plain->text, "caf\xc3\xa9"));
    ck_assert(!lies_in(document, escaped->text) && !lies_in(document, escaped->name));
    ck_assert(strview_is(escaped->text, "a\nb"));
}
END_TEST

START_TEST(a_number_that_ends_the_document_outlives_the_parser)
{
    const struct json_value *first = parsed(STRVIEW("12.5"));
    (void)parsed(STRVIEW("[\"something\",\"else\",99.125]"));
    ck_assert(strview_is(first->text, "12.5"));
}
END_TEST

START_TEST(nothing_at_all_is_refused)
{
    ck_assert_int_eq(refusal((struct strview){.data = NULL, .len = 0}), ERROR_INVALID);
}
END_TEST

START_TEST(the_place_of_a_fault_is_told)
{
    ck_assert_int_eq(refusal(STRVIEW("{\"quantity\": 007}")), ERROR_INVALID);
    ck_assert_str_eq(err.text, "not JSON, near byte 14");
    ck_assert_int_eq(refusal(STRVIEW("{\"quantity\": 7")), ERROR_INVALID);
    ck_assert_str_eq(err.text, "not JSON, near byte 14");
    ck_assert_int_eq(refusal(STRVIEW("{\"quantity\": 7} \"x")), ERROR_INVALID);
    ck_assert_str_eq(err.text, "not JSON, near byte 18");
}
END_TEST

static TCase *reader_case(void)
{
    TCase *reader = tcase_create("reader");
    tcase_add_checked_fixture(reader, open_all, close_all);
    tcase_add_loop_test(reader, what_others_could_read_differently_is_refused, 0, REFUSED_COUNT);
    tcase_add_loop_test(reader, only_what_fits_exactly_is_an_integer, 0, NUMBER_COUNT);
    tcase_add_loop_test(reader, strings_are_decoded, 0, STRING_COUNT);
    tcase_add_test(reader, a_document_becomes_a_tree);
    tcase_add_test(reader, members_are_found_by_whole_names_only);
    tcase_add_test(reader, a_number_that_cannot_be_added_up_is_none);
    tcase_add_test(reader, nesting_ends_at_sixteen);
    tcase_add_test(reader, nested_objects_count_too);
    tcase_add_test(reader, side_by_side_is_not_nesting);
    tcase_add_test(reader, an_object_has_at_most_sixty_four_members);
    tcase_add_test(reader, an_arena_too_small_is_said_so_wherever_it_ends);
    tcase_add_test(reader, nothing_at_all_is_refused);
    tcase_add_test(reader, a_text_is_copied_only_where_it_does_not_stand_in_the_document_as_it_is);
    tcase_add_test(reader, a_number_that_ends_the_document_outlives_the_parser);
    tcase_add_test(reader, the_place_of_a_fault_is_told);
    return reader;
}

int main(void)
{
    Suite *suite = suite_create("common/contract/json");
    suite_add_tcase(suite, reader_case());
    return check_main(suite);
}
