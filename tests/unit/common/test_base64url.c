/* SPDX-License-Identifier: Apache-2.0 */
/* Each text of bytes has one spelling: vectors of RFC 4648, and what else one might write. */
#include "common/base/base64url.h"
#include "tests/support/check_main.h"

static const struct {
    const char *text;
    const char *bytes;
} VECTORS[] = {
    {"", ""},           {"Zg", "f"},          {"Zm8", "fo"},          {"Zm9v", "foo"},
    {"Zm9vYg", "foob"}, {"Zm9vYmE", "fooba"}, {"Zm9vYmFy", "foobar"}, {"_-8", "\xff\xef"},
};

START_TEST(a_spelling_gives_its_bytes)
{
    uint8_t bytes[16];
    size_t len = 99;
    const struct strview expected = strview_of(VECTORS[_i].bytes);

    ck_assert(base64url_decode(strview_of(VECTORS[_i].text), bytes, &len));

    ck_assert_uint_eq(len, expected.len);
    ck_assert_mem_eq(bytes, expected.data, len);
}
END_TEST

#define BYTES(literal) .data = (literal), .len = sizeof(literal) - 1

static const struct strview REFUSED[] = {
    {BYTES("Zg==")},  {BYTES("Zm8=")},    {BYTES("Z")},         {BYTES("Zm9vY")}, {BYTES("Zh")},
    {BYTES("Zm9")},   {BYTES("_-9")},     {BYTES("Zm9v Zg")},   {BYTES("+/8")},   {BYTES("Zm9v\n")},
    {BYTES("Zg.Zg")}, {BYTES("Z\0Zm9v")}, {BYTES("Z\xc3\xa9")},
};

START_TEST(no_other_spelling_is_taken)
{
    uint8_t bytes[16];
    size_t len = 99;

    ck_assert(!base64url_decode(REFUSED[_i], bytes, &len));

    ck_assert_uint_eq(len, 99);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/base/base64url");
    TCase *tcase = tcase_create("spellings");
    tcase_add_loop_test(tcase, a_spelling_gives_its_bytes, 0, sizeof VECTORS / sizeof VECTORS[0]);
    tcase_add_loop_test(tcase, no_other_spelling_is_taken, 0, sizeof REFUSED / sizeof REFUSED[0]);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
