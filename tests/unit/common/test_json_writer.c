/* SPDX-License-Identifier: Apache-2.0 */
/* What becomes a document when it is written. */
#include "tests/support/check_main.h"
#include "tests/unit/common/json_fixture.h"

enum { TEXT_MAX = 19 };

static struct strview written_string(struct strview text, bool *ret_is_whole)
{
    struct json_writer writer;
    strbuf_reset(&out);
    json_writer_init(&writer, &out);
    json_put_string(&writer, text);
    *ret_is_whole = json_writer_done(&writer);
    return strbuf_view(&out);
}

/* Bytes are looked at in words; what is beside one that is escaped is not. */
START_TEST(every_byte_is_escaped_wherever_it_stands_if_it_has_to_be)
{
    static const char BESIDE[] = {' ', '!', '#', '[', ']', '\x7f', 'a'};
    const int len = _i + 1;
    char text[TEXT_MAX];
    for (int at = 0; at < len; at++) {
        for (int byte = 1; byte < 0x80; byte++) {
            const bool is_escaped = byte < ' ' || byte == '"' || byte == '\\';
            bool is_whole;
            memset(text, BESIDE[(at + byte) % (int)sizeof BESIDE], sizeof text);
            text[at] = (char)byte;
            const struct strview json =
                written_string((struct strview){text, (size_t)len}, &is_whole);
            ck_assert(is_whole);
            ck_assert_mem_eq(json.data + 1, text, (size_t)at);
            ck_assert_int_eq(json.data[1 + at], is_escaped ? '\\' : byte);
            ck_assert_mem_eq(json.data + json.len - (len - at), text + at + 1,
                             (size_t)(len - at - 1));
            ck_assert_int_eq(json.len > (size_t)len + 2, is_escaped);
            ck_assert_int_eq(json.data[json.len - 1], '"');
        }
    }
}
END_TEST

START_TEST(a_byte_beyond_ascii_is_seen_wherever_it_stands)
{
    static const char LETTER[] = {'\xc3', '\xa9'};
    const size_t len = (size_t)_i + 1;
    char text[TEXT_MAX];
    for (size_t at = 0; at < len; at++) {
        bool is_whole;
        memset(text, 'a', sizeof text);
        text[at] = LETTER[1];
        (void)written_string((struct strview){text, len}, &is_whole);
        ck_assert(!is_whole);
        text[at] = LETTER[0];
        (void)written_string((struct strview){text, len}, &is_whole);
        ck_assert(!is_whole);
        if (at + sizeof LETTER <= len) {
            memcpy(text + at, LETTER, sizeof LETTER);
            const struct strview json = written_string((struct strview){text, len}, &is_whole);
            ck_assert(is_whole);
            ck_assert_uint_eq(json.len, len + 2);
            ck_assert_mem_eq(json.data + 1, text, len);
        }
    }
}
END_TEST

START_TEST(what_is_written_can_be_read_by_others)
{
    struct json_writer writer;
    json_writer_init(&writer, &out);
    json_open_object(&writer);
    json_put_member_string(&writer, "text", STRVIEW("\"\\/\b\f\n\r\t\x01\x7f\xc3\xa9"));
    json_put_member_text(&writer, "left_out", STRVIEW(""));
    json_put_member_string(&writer, "empty", (struct strview){.data = NULL, .len = 0});
    json_put_member_integer(&writer, "least", INT64_MIN);
    json_put_member_bool(&writer, "yes", true);
    json_put_member_time(&writer, "at", 1709210096789);
    json_put_member_time(&writer, "beyond", INT64_MAX); /* no year of four digits */
    json_key(&writer, "list");
    json_open_array(&writer);
    json_put_null(&writer);
    json_put_bool(&writer, false);
    json_put_integer(&writer, 7);
    json_put_string(&writer, STRVIEW("x"));
    json_put_raw(&writer, STRVIEW("{\"made\":\"elsewhere\"}"));
    json_close_array(&writer);
    json_close_object(&writer);

    ck_assert(json_writer_done(&writer));
    ck_assert_str_eq(strbuf_cstr(&out),
                     "{\"text\":\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\x7f\xc3\xa9\",\"empty\":\"\","
                     "\"least\":-9223372036854775808,\"yes\":true,"
                     "\"at\":\"2024-02-29T12:34:56.789Z\",\"beyond\":null,"
                     "\"list\":[null,false,7,\"x\",{\"made\":\"elsewhere\"}]}");
    ck_assert_uint_eq(parsed(strbuf_view(&out))->count, 7);
}
END_TEST

START_TEST(a_kept_time_has_the_form_that_the_writer_is_told)
{
    struct json_writer writer;
    json_writer_init(&writer, &out);
    json_open_object(&writer);
    json_put_kept_time(&writer, "text", 1709210096789);
    json_put_kept_time(&writer, "beyond", INT64_MAX);
    writer.times = JSON_TIMES_NUMBERS;
    json_put_kept_time(&writer, "number", 1709210096789);
    json_close_object(&writer);

    ck_assert(json_writer_done(&writer));
    ck_assert_str_eq(strbuf_cstr(&out),
                     "{\"text\":\"2024-02-29T12:34:56.789Z\",\"beyond\":9223372036854775807,"
                     "\"number\":1709210096789}");
}
END_TEST

START_TEST(what_was_read_is_written_again)
{
    static const char TEXT[] =
        "{\"a\":[null,true,-7,1.50,\"\\n\",[],{}],\"\xc3\xa9\":{\"b\":false}}";
    const struct json_value *root = parsed(strview_of(TEXT));
    struct json_writer writer;
    json_writer_init(&writer, &out);

    json_put_value(&writer, root);

    ck_assert(json_writer_done(&writer));
    ck_assert_str_eq(strbuf_cstr(&out), TEXT);
}
END_TEST

START_TEST(a_text_that_is_not_utf8_spoils_the_document)
{
    static const char *const POISON[] = {"\xff", "\xed\xa0\x80", "\xc0\xaf", "a\xe2\x82"};
    for (size_t i = 0; i < sizeof POISON / sizeof POISON[0]; i++) {
        struct json_writer writer;
        json_writer_init(&writer, &out);
        json_open_array(&writer);
        json_put_string(&writer, strview_of(POISON[i]));
        json_put_string(&writer, STRVIEW("good"));
        json_close_array(&writer);
        ck_assert(!json_writer_done(&writer));
        strbuf_reset(&out);
    }
}
END_TEST

START_TEST(a_nul_is_no_text_either)
{
    struct json_writer writer;
    json_writer_init(&writer, &out);
    json_put_string(&writer, STRVIEW("a\0b"));
    ck_assert(!json_writer_done(&writer));
}
END_TEST

START_TEST(a_full_buffer_spoils_the_document)
{
    struct strbuf small;
    strbuf_init(&small, 8);
    struct json_writer writer;
    json_writer_init(&writer, &small);
    json_open_array(&writer);
    json_put_string(&writer, STRVIEW("longer than eight"));
    json_close_array(&writer);
    ck_assert(!json_writer_done(&writer));
    strbuf_done(&small);
}
END_TEST

START_TEST(a_document_ends_once)
{
    struct json_writer writer;
    json_writer_init(&writer, &out);
    json_put_integer(&writer, 1);
    json_put_integer(&writer, 2);
    ck_assert(!json_writer_done(&writer));
}
END_TEST

START_TEST(a_value_without_a_name_spoils_an_object)
{
    struct json_writer writer;
    json_writer_init(&writer, &out);
    json_open_object(&writer);
    json_put_integer(&writer, 1);
    json_close_object(&writer);
    ck_assert(!json_writer_done(&writer));
}
END_TEST

START_TEST(members_are_put_behind_those_of_a_document_made_elsewhere)
{
    static const struct {
        const char *object;
        const char *whole;
    } CASES[] = {
        {"{}", "{\"b\":2}"}, {"{\"a\":1}", "{\"a\":1,\"b\":2}"},
        {"", NULL},          {"{", NULL},
        {"[1]", NULL},       {"{\"a\":1", NULL},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct json_writer writer;
        json_writer_init(&writer, &out);
        json_open_object_of(&writer, strview_of(CASES[i].object));
        json_put_member_integer(&writer, "b", 2);
        json_close_object(&writer);
        ck_assert_int_eq(json_writer_done(&writer), CASES[i].whole != NULL);
        ck_assert(CASES[i].whole == NULL || strview_is(strbuf_view(&out), CASES[i].whole));
        strbuf_reset(&out);
    }
}
END_TEST

START_TEST(what_is_open_closed_twice_or_closed_as_another_is_no_document)
{
    typedef void call_fn(struct json_writer * writer);
    static call_fn *const CALLS[][3] = {
        {NULL},
        {json_open_object},
        {json_open_array, json_open_array, json_close_array},
        {json_open_object, json_close_array},
        {json_open_array, json_close_object},
        {json_close_object},
        {json_open_array, json_close_array, json_close_array},
        {json_open_array, json_close_array, json_open_array},
    };
    for (size_t i = 0; i < sizeof CALLS / sizeof CALLS[0]; i++) {
        struct json_writer writer;
        json_writer_init(&writer, &out);
        for (size_t k = 0; k < 3 && CALLS[i][k] != NULL; k++) {
            CALLS[i][k](&writer);
        }
        ck_assert_msg(!json_writer_done(&writer), "case %zu", i);
        strbuf_reset(&out);
    }
}
END_TEST

START_TEST(a_name_stands_in_an_object_and_before_a_value)
{
    for (int what = 0; what < 3; what++) {
        struct json_writer writer;
        json_writer_init(&writer, &out);
        if (what == 0) {
            json_open_array(&writer);
            json_key(&writer, "a");
            json_put_null(&writer);
            json_close_array(&writer);
        } else {
            json_open_object(&writer);
            json_key(&writer, "a");
            json_key_text(&writer, what == 1 ? STRVIEW("b") : STRVIEW("\xff"));
            json_put_null(&writer);
            json_close_object(&writer);
        }
        ck_assert(!json_writer_done(&writer));
        strbuf_reset(&out);
    }
}
END_TEST

START_TEST(nothing_is_no_value)
{
    struct json_writer writer;
    json_writer_init(&writer, &out);
    json_put_raw(&writer, STRVIEW(""));
    ck_assert(!json_writer_done(&writer));
}
END_TEST

START_TEST(writing_is_nested_thirty_two_deep)
{
    for (unsigned depth = JSON_WRITER_DEPTH_MAX; depth <= JSON_WRITER_DEPTH_MAX + 1; depth++) {
        struct json_writer writer;
        json_writer_init(&writer, &out);
        for (unsigned i = 0; i < depth; i++) {
            json_open_array(&writer);
        }
        for (unsigned i = 0; i < depth; i++) {
            json_close_array(&writer);
        }
        ck_assert_int_eq(json_writer_done(&writer), depth == JSON_WRITER_DEPTH_MAX);
        strbuf_reset(&out);
    }
}
END_TEST

START_TEST(a_damaged_text_may_be_shown_as_far_as_it_is_one)
{
    struct json_writer writer;
    json_writer_init(&writer, &out);
    writer.mends = true;
    json_open_array(&writer);
    json_put_string(&writer, STRVIEW("\xff"
                                     "BP\"\n"));
    json_put_string(&writer, STRVIEW("Z\xc3\xbcrich"));
    json_close_array(&writer);
    ck_assert(json_writer_done(&writer));
    ck_assert_str_eq(strbuf_cstr(&out), "[\"\xef\xbf\xbd"
                                        "BP\\\"\\n\",\"Z\xc3\xbcrich\"]");
}
END_TEST

START_TEST(a_writer_appends)
{
    strbuf_append_cstr(&out, "data: ");
    struct json_writer writer;
    json_writer_init(&writer, &out);
    json_put_integer(&writer, 1);
    ck_assert(json_writer_done(&writer));
    ck_assert_str_eq(strbuf_cstr(&out), "data: 1");
}
END_TEST

static TCase *writer_case(void)
{
    TCase *writer = tcase_create("writer");
    tcase_add_checked_fixture(writer, open_all, close_all);
    tcase_add_loop_test(writer, every_byte_is_escaped_wherever_it_stands_if_it_has_to_be, 0,
                        TEXT_MAX);
    tcase_add_loop_test(writer, a_byte_beyond_ascii_is_seen_wherever_it_stands, 0, TEXT_MAX);
    tcase_add_test(writer, what_is_written_can_be_read_by_others);
    tcase_add_test(writer, a_kept_time_has_the_form_that_the_writer_is_told);
    tcase_add_test(writer, what_was_read_is_written_again);
    tcase_add_test(writer, a_text_that_is_not_utf8_spoils_the_document);
    tcase_add_test(writer, a_nul_is_no_text_either);
    tcase_add_test(writer, a_full_buffer_spoils_the_document);
    tcase_add_test(writer, a_document_ends_once);
    tcase_add_test(writer, a_value_without_a_name_spoils_an_object);
    tcase_add_test(writer, members_are_put_behind_those_of_a_document_made_elsewhere);
    tcase_add_test(writer, what_is_open_closed_twice_or_closed_as_another_is_no_document);
    tcase_add_test(writer, a_name_stands_in_an_object_and_before_a_value);
    tcase_add_test(writer, nothing_is_no_value);
    tcase_add_test(writer, writing_is_nested_thirty_two_deep);
    tcase_add_test(writer, a_damaged_text_may_be_shown_as_far_as_it_is_one);
    tcase_add_test(writer, a_writer_appends);
    return writer;
}

int main(void)
{
    Suite *suite = suite_create("common/contract/json_writer");
    suite_add_tcase(suite, writer_case());
    return check_main(suite);
}
