/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RFC 4180 texts, record by record. Expected records are written with '|' between fields.
 */
#include "common/base/strbuf.h"
#include "tests/support/check_main.h"
#include "tests/support/replay/csv.h"

#include <stdio.h>

enum { FIELDS_MAX = 4, TEXT_MAX = 128 };

static const struct {
    const char *text;
    const char *records; /* each ended by ';' */
} GOOD[] = {
    {"", ""},
    {"\n\r\n", ""},
    {"a", "a;"},
    {"a,b\nc,d\n", "a|b;c|d;"},
    {"a,b\r\nc,d", "a|b;c|d;"},
    {",\n,,\n", "|;||;"},
    {"a,\n", "a|;"},
    {"\"a,b\",c\n", "a,b|c;"},
    {"\"say \"\"hi\"\"\",x\n", "say \"hi\"|x;"},
    {"\"\",\"\"\"\"\n", "|\";"},
    {"\"two\nlines\"\nnext\n", "two\nlines;next;"},
    {"six\"x,y\n", "six\"x|y;"},
    {"a\n\n\nb\n", "a;b;"},
};

START_TEST(a_text_is_read_record_by_record)
{
    char text[TEXT_MAX];
    struct csv_reader reader;
    struct strview fields[FIELDS_MAX];
    struct strbuf seen;
    struct error err;
    size_t count = 0;
    strbuf_init(&seen, TEXT_MAX);
    (void)snprintf(text, sizeof text, "%s", GOOD[_i].text);

    csv_init(&reader, text, strlen(text));
    do {
        ck_assert_int_eq(csv_next(&reader, fields, FIELDS_MAX, &count, &err), ERROR_NONE);
        for (size_t i = 0; i < count; i++) {
            strbuf_append_cstr(&seen, i == 0 ? "" : "|");
            strbuf_append(&seen, fields[i]);
        }
        strbuf_append_cstr(&seen, count == 0 ? "" : ";");
    } while (count > 0);

    ck_assert_str_eq(strbuf_cstr(&seen), GOOD[_i].records);
    strbuf_done(&seen);
}
END_TEST

static const struct {
    const char *text; /* its first record is good */
    const char *fault;
} BAD[] = {
    {"a\n\"b", "line 2: a quote has no partner"},
    {"\"a\nb\"\n\"c\"d", "line 3: text behind a closing quote"},
    {"a\nb,c,d,e,f\n", "line 2: more than 4 fields"},
};

START_TEST(a_fault_is_named_with_its_line)
{
    char text[TEXT_MAX];
    struct csv_reader reader;
    struct strview fields[FIELDS_MAX];
    struct error err;
    size_t count = 0;
    (void)snprintf(text, sizeof text, "%s", BAD[_i].text);

    csv_init(&reader, text, strlen(text));
    ck_assert_int_eq(csv_next(&reader, fields, FIELDS_MAX, &count, &err), ERROR_NONE);

    ck_assert_int_eq(csv_next(&reader, fields, FIELDS_MAX, &count, &err), ERROR_INVALID);
    ck_assert_str_eq(err.text, BAD[_i].fault);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("replay/csv");
    TCase *records = tcase_create("records");
    tcase_add_loop_test(records, a_text_is_read_record_by_record, 0,
                        (int)(sizeof GOOD / sizeof GOOD[0]));
    tcase_add_loop_test(records, a_fault_is_named_with_its_line, 0,
                        (int)(sizeof BAD / sizeof BAD[0]));
    suite_add_tcase(suite, records);
    return check_main(suite);
}
