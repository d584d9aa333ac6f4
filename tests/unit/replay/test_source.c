/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where sales come from: files as they lie there, and inventions that are always the same and as
 * dirty as real sales.
 */
#include "tests/support/check_main.h"
#include "tests/support/replay/plan.h"
#include "tests/support/replay/source.h"

#include <stdio.h>
#include <unistd.h>
#include <zlib.h>

enum { TEXT_MAX = 1 << 24, INVOICES = 2000 };

START_TEST(a_file_is_read_plain_and_gzipped)
{
    char path[] = "/tmp/replay-source-XXXXXX";
    struct strbuf text;
    struct error err;
    const int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, "a,b\n", 4), 4);
    ck_assert_int_eq(close(fd), 0);
    strbuf_init(&text, TEXT_MAX);

    ck_assert_int_eq(source_read(path, &text, &err), ERROR_NONE);
    ck_assert_str_eq(strbuf_cstr(&text), "a,b\n");

    gzFile file = gzopen(path, "wb");
    ck_assert_int_eq(gzwrite(file, "c,d\n", 4), 4);
    ck_assert_int_eq(gzclose(file), Z_OK);
    strbuf_reset(&text);
    ck_assert_int_eq(source_read(path, &text, &err), ERROR_NONE);
    ck_assert_str_eq(strbuf_cstr(&text), "c,d\n");

    ck_assert_int_eq(truncate(path, 12), 0);
    strbuf_reset(&text);
    ck_assert_int_eq(source_read(path, &text, &err), ERROR_INVALID);

    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(source_read(path, &text, &err), ERROR_NOT_FOUND);
    strbuf_done(&text);
}
END_TEST

START_TEST(the_same_seed_invents_the_same_sales_and_another_one_others)
{
    struct strbuf one;
    struct strbuf same;
    struct strbuf other;
    strbuf_init(&one, TEXT_MAX);
    strbuf_init(&same, TEXT_MAX);
    strbuf_init(&other, TEXT_MAX);

    source_invent(1, 50, &one);
    source_invent(1, 50, &same);
    source_invent(2, 50, &other);

    ck_assert_str_eq(strbuf_cstr(&one), strbuf_cstr(&same));
    ck_assert_str_ne(strbuf_cstr(&one), strbuf_cstr(&other));
    strbuf_done(&one);
    strbuf_done(&same);
    strbuf_done(&other);
}
END_TEST

START_TEST(invented_sales_have_every_kind_of_dirt)
{
    struct strbuf text;
    struct arena arena;
    struct sales sales;
    struct plan plan;
    struct error err;
    int negative = 0;
    int free_of_charge = 0;
    int tiny = 0;
    int anonymous = 0;
    int nameless = 0;
    strbuf_init(&text, TEXT_MAX);
    arena_init(&arena, TEXT_MAX);

    source_invent(20110104, INVOICES, &text);
    ck_assert_int_eq(sales_read(text.data, text.len, &arena, &sales, &err), ERROR_NONE);
    ck_assert_int_eq(plan_make(&sales, 0, &arena, &plan, &err), ERROR_NONE);

    for (size_t i = 0; i < sales.count; i++) {
        const struct sale *sale = &sales.rows[i];
        negative += sale->quantity < 0 && sale->invoice.data[0] != 'C';
        free_of_charge += !sale->price.is_positive;
        tiny += sale->price.is_positive && sale->price.minor == 0;
        anonymous += sale->customer.len == 0;
        nameless += sale->description.len == 0;
    }
    ck_assert_int_gt(negative, 0);
    ck_assert_int_gt(free_of_charge, 0);
    ck_assert_int_gt(tiny, 0);
    ck_assert_int_gt(anonymous, 0);
    ck_assert_int_gt(nameless, 0);
    ck_assert_int_eq(plan.totals.invoices, INVOICES);
    ck_assert_int_gt(plan.totals.cancellations, plan.totals.idle_cancellations);
    ck_assert_int_gt(plan.totals.idle_cancellations, 0);
    ck_assert_int_gt(plan.totals.empty_invoices, 0);
    arena_done(&arena);
    strbuf_done(&text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("replay/source");
    TCase *sources = tcase_create("sources");
    tcase_add_test(sources, a_file_is_read_plain_and_gzipped);
    tcase_add_test(sources, the_same_seed_invents_the_same_sales_and_another_one_others);
    tcase_add_test(sources, invented_sales_have_every_kind_of_dirt);
    suite_add_tcase(suite, sources);
    return check_main(suite);
}
