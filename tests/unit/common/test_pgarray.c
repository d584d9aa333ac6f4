/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes that PostgreSQL takes for an array, and what stands for a value that cannot be one. */
#include "common/io/postgres/pgarray.h"
#include "tests/support/check_main.h"

enum { MAX = 200, BYTES_MAX = 256 };

static struct pgarray array;

static void open_array(void)
{
    pgarray_init(&array, MAX);
}

static void close_array(void)
{
    pgarray_done(&array);
}

/* Given in hexadecimal, with blanks where they help to read. */
static void assert_bytes(const char *expected)
{
    static const char DIGITS[] = "0123456789abcdef";
    const struct strview got = pgarray_close(&array);
    char hex[2 * BYTES_MAX + 1];
    char wanted[2 * BYTES_MAX + 1];
    size_t len = 0;
    ck_assert(got.data != NULL && got.len <= BYTES_MAX);
    for (const char *at = expected; *at != '\0'; at++) {
        if (*at != ' ') {
            wanted[len++] = *at;
        }
    }
    wanted[len] = '\0';
    for (size_t i = 0; i < got.len; i++) {
        hex[2 * i] = DIGITS[(unsigned char)got.data[i] >> 4];
        hex[2 * i + 1] = DIGITS[(unsigned char)got.data[i] & 15];
    }
    hex[2 * got.len] = '\0';
    ck_assert_str_eq(hex, wanted);
}

START_TEST(an_array_without_elements_has_no_dimension)
{
    pgarray_open(&array, PGARRAY_TEXT);
    assert_bytes("00000000 00000000 00000019");
}
END_TEST

START_TEST(texts_are_as_they_are)
{
    pgarray_open(&array, PGARRAY_TEXT);
    pgarray_put(&array, STRVIEW("\"\\{"));
    pgarray_put(&array, STRVIEW(""));
    pgarray_put(&array, (struct strview){0});
    assert_bytes("00000001 00000001 00000019 00000003 00000001"
                 "00000003 225c7b  00000000  ffffffff");
    pgarray_open(&array, PGARRAY_BYTEA);
    pgarray_put(&array, (struct strview){"\0\xff", 2});
    assert_bytes("00000001 00000000 00000011 00000001 00000001 00000002 00ff");
}
END_TEST

START_TEST(numbers_have_their_types_size)
{
    pgarray_open(&array, PGARRAY_INT2);
    pgarray_put_i64(&array, -2);
    assert_bytes("00000001 00000000 00000015 00000001 00000001 00000002 fffe");
    pgarray_open(&array, PGARRAY_INT4);
    pgarray_put_i64(&array, 258);
    assert_bytes("00000001 00000000 00000017 00000001 00000001 00000004 00000102");
    pgarray_open(&array, PGARRAY_INT8);
    pgarray_put_i64(&array, INT64_MIN);
    assert_bytes("00000001 00000000 00000014 00000001 00000001 00000008 8000000000000000");
    pgarray_open(&array, PGARRAY_BOOL);
    pgarray_put_i64(&array, true);
    assert_bytes("00000001 00000000 00000010 00000001 00000001 00000001 01");
}
END_TEST

START_TEST(times_count_microseconds_from_2000)
{
    pgarray_open(&array, PGARRAY_TIMESTAMPTZ);
    pgarray_put_i64(&array, INT64_C(946684800001));
    pgarray_put_i64(&array, INT64_C(946684799999));
    assert_bytes("00000001 00000000 000004a0 00000002 00000001"
                 "00000008 00000000000003e8  00000008 fffffffffffffc18");
}
END_TEST

START_TEST(uuids_are_their_bytes)
{
    pgarray_open(&array, PGARRAY_UUID);
    pgarray_put(&array, STRVIEW("00112233-4455-6677-8899-aabbccddeeff"));
    assert_bytes("00000001 00000000 00000b86 00000001 00000001"
                 "00000010 00112233445566778899aabbccddeeff");
}
END_TEST

static const struct {
    enum pgarray_type type;
    int64_t value;
} MISFITS[] = {
    {PGARRAY_BOOL, 2},
    {PGARRAY_INT2, 32768},
    {PGARRAY_INT2, -32769},
    {PGARRAY_INT4, INT64_C(2147483648)},
    {PGARRAY_INT4, INT64_MIN},
    {PGARRAY_TIMESTAMPTZ, INT64_MAX},
    {PGARRAY_TIMESTAMPTZ, INT64_MIN},
};

START_TEST(a_number_that_does_not_fit_is_null)
{
    pgarray_open(&array, MISFITS[_i].type);
    pgarray_put_i64(&array, MISFITS[_i].value);
    const struct strview got = pgarray_close(&array);
    ck_assert_uint_eq(got.len, 24);
    ck_assert_mem_eq(got.data + 20, "\xff\xff\xff\xff", 4);
    ck_assert_int_eq(got.data[7], 1);
}
END_TEST

static const char *const NO_UUIDS[] = {
    "",
    "00112233-4455-6677-8899-aabbccddeef",
    "00112233-4455-6677-8899-aabbccddeeff0",
    "00112233-4455-6677-8899-AABBCCDDEEFF",
    "00112233-4455-6677-8899-aabbccddeefg",
    "00112233-4455-6677-8899-aabbccddee/f",
    "00112233-4455-6677-8899 aabbccddeeff",
    "00112233-4455-6677-8899-aabbccdde:ff",
    "`0112233-4455-6677-8899-aabbccddeeff",
};

START_TEST(a_uuid_that_is_none_is_null)
{
    pgarray_open(&array, PGARRAY_UUID);
    pgarray_put(&array, strview_of(NO_UUIDS[_i]));
    assert_bytes("00000001 00000001 00000b86 00000001 00000001 ffffffff");
}
END_TEST

START_TEST(too_much_is_told_at_the_end_and_forgotten_at_the_next_beginning)
{
    pgarray_open(&array, PGARRAY_INT8);
    for (int i = 0; i < MAX; i++) {
        pgarray_put_i64(&array, i);
    }
    ck_assert_ptr_null(pgarray_close(&array).data);
    pgarray_open(&array, PGARRAY_UUID);
    for (int i = 0; i < MAX; i++) {
        pgarray_put(&array, STRVIEW("00112233-4455-6677-8899-aabbccddeeff"));
    }
    ck_assert_ptr_null(pgarray_close(&array).data);
    pgarray_open(&array, PGARRAY_TEXT);
    for (int i = 0; i < MAX; i++) {
        pgarray_put(&array, STRVIEW("text"));
        pgarray_put(&array, (struct strview){0});
    }
    ck_assert_ptr_null(pgarray_close(&array).data);
    pgarray_open(&array, PGARRAY_INT4);
    pgarray_put_i64(&array, 1);
    assert_bytes("00000001 00000000 00000017 00000001 00000001 00000004 00000001");
}
END_TEST

/* Who asks whether there are any must not take too much for none. */
START_TEST(an_element_without_room_is_counted)
{
    struct pgarray tiny;
    pgarray_init(&tiny, 8);
    pgarray_open(&tiny, PGARRAY_TEXT);
    pgarray_put(&tiny, STRVIEW("text"));
    pgarray_put(&tiny, (struct strview){0});
    ck_assert_uint_eq(tiny.count, 2);
    ck_assert_ptr_null(pgarray_close(&tiny).data);
    pgarray_done(&tiny);
}
END_TEST

START_TEST(an_array_without_room_for_its_head_is_too_much)
{
    struct pgarray tiny;
    pgarray_init(&tiny, 4);
    pgarray_open(&tiny, PGARRAY_INT4);
    ck_assert_ptr_null(pgarray_close(&tiny).data);
    pgarray_done(&tiny);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/io/postgres/pgarray");
    TCase *tcase = tcase_create("bytes");
    tcase_add_checked_fixture(tcase, open_array, close_array);
    tcase_add_test(tcase, an_array_without_elements_has_no_dimension);
    tcase_add_test(tcase, texts_are_as_they_are);
    tcase_add_test(tcase, numbers_have_their_types_size);
    tcase_add_test(tcase, times_count_microseconds_from_2000);
    tcase_add_test(tcase, uuids_are_their_bytes);
    tcase_add_loop_test(tcase, a_number_that_does_not_fit_is_null, 0,
                        sizeof MISFITS / sizeof MISFITS[0]);
    tcase_add_loop_test(tcase, a_uuid_that_is_none_is_null, 0,
                        sizeof NO_UUIDS / sizeof NO_UUIDS[0]);
    tcase_add_test(tcase, too_much_is_told_at_the_end_and_forgotten_at_the_next_beginning);
    tcase_add_test(tcase, an_element_without_room_is_counted);
    tcase_add_test(tcase, an_array_without_room_for_its_head_is_too_much);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
