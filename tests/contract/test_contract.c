/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The published bytes: what we write is what common/contract/samples shows, to
 * the byte, and what its folder `refused` holds is refused for the reason told.
 *
 * After an intended change "test_contract --write FOLDER" writes the samples
 * anew; the difference is then the change of the contract to be reviewed.
 */
#include "common/base/cleanup.h"
#include "common/contract/skipped_event.h"
#include "tests/support/check_main.h"
#include "tests/support/sample_events.h"

#include <stdio.h>

enum { FILE_MAX = 64 * 1024 };

static struct arena arena;
static struct strbuf file;
static struct strbuf bytes;
static struct error err;

static void open_all(void)
{
    arena_init(&arena, 1 << 20);
    strbuf_init(&file, FILE_MAX);
    strbuf_init(&bytes, FILE_MAX);
    err = (struct error){.kind = ERROR_NONE};
}

static void close_all(void)
{
    arena_done(&arena);
    strbuf_done(&file);
    strbuf_done(&bytes);
}

static void close_file(FILE **stream)
{
    if (*stream != NULL) {
        (void)fclose(*stream);
    }
}

static struct strview read_sample(const char *name)
{
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/%s.json", SAMPLES_FOLDER, name);
    CLEANUP(close_file) FILE *stream = fopen(path, "rb");
    ck_assert_msg(stream != NULL, "no file %s", path);
    static char chunk[FILE_MAX];
    strbuf_append(&file, (struct strview){.data = chunk, .len = fread(chunk, 1, FILE_MAX, stream)});
    ck_assert(strbuf_ok(&file));
    return strbuf_view(&file);
}

START_TEST(an_event_is_written_as_published)
{
    const struct sample_event *sample = &SAMPLE_EVENTS[_i];
    const struct strview published = read_sample(sample->name);

    ck_assert(sample_encode(sample, &bytes));
    strbuf_append_char(&bytes, '\n'); /* the file's, not the event's */

    ck_assert_msg(strview_equal(strbuf_view(&bytes), published), "%s: published\n%.*swritten\n%s",
                  sample->name, STRVIEW_ARG(published), strbuf_cstr(&bytes));
}
END_TEST

START_TEST(a_published_event_is_read_whole)
{
    const struct sample_event *sample = &SAMPLE_EVENTS[_i];
    const struct strview published = read_sample(sample->name);

    const enum error_kind kind =
        recode_event(sample->event.aggregate, sample_type(sample), published, &arena, &bytes, &err);

    ck_assert_msg(kind == ERROR_NONE, "%s: %s", sample->name, err.text);
    strbuf_append_char(&bytes, '\n');
    ck_assert(strview_equal(strbuf_view(&bytes), published));
}
END_TEST

static const struct {
    enum aggregate_type aggregate;
    const char *name;
    const char *says;
} REFUSED[] = {
    {AGGREGATE_ORDER, "OrderPlaced.cut-short", "not JSON"},
    {AGGREGATE_ORDER, "OrderPlaced.duplicate-member", "stands twice"},
    {AGGREGATE_ORDER, "OrderPlaced.escaped-nul", "escaped NUL"},
    {AGGREGATE_ORDER, "OrderPlaced.invalid-utf8", "not valid UTF-8"},
    {AGGREGATE_ORDER, "OrderPlaced.line-without-sku", "sku is missing"},
    {AGGREGATE_ORDER, "OrderPlaced.lone-surrogate", "lone surrogate"},
    {AGGREGATE_ORDER, "OrderPlaced.no-lines", "lines is missing"},
    {AGGREGATE_ORDER, "OrderPlaced.personal-is-text", "personal is string where object"},
    {AGGREGATE_ORDER, "OrderPlaced.price-with-fraction", "unit_price_minor is number"},
    {AGGREGATE_ORDER, "OrderPlaced.quantity-2-to-the-63", "quantity is number"},
    {AGGREGATE_ORDER, "OrderPlaced.ten-thousand-arrays", "deeper than 16"},
    {AGGREGATE_ORDER, "OrderShipped.local-time", "occurred_at"},
    {AGGREGATE_CUSTOMER, "CustomerRegistered.no-actor", "actor is missing"},
    {AGGREGATE_PRODUCT, "ProductAdded.version-0", "version 0"},
    {AGGREGATE_PRODUCT, "StockReceived.quantity-as-text", "quantity is string"},
    {AGGREGATE_PRODUCT, "PriceForgotten.unknown-type", "unknown event type"},
};
enum { REFUSED_COUNT = sizeof REFUSED / sizeof REFUSED[0] };

START_TEST(a_damaged_event_is_refused_with_the_reason)
{
    char name[128];
    (void)snprintf(name, sizeof name, "refused/%s", REFUSED[_i].name);
    const struct strview damaged = read_sample(name);
    const struct strview type = {.data = REFUSED[_i].name, .len = strcspn(REFUSED[_i].name, ".")};

    const enum error_kind kind =
        recode_event(REFUSED[_i].aggregate, type, damaged, &arena, &bytes, &err);

    ck_assert_int_eq(kind, ERROR_INVALID);
    ck_assert_msg(strstr(err.text, REFUSED[_i].says) != NULL, "%s: \"%s\" does not say \"%s\"",
                  REFUSED[_i].name, err.text, REFUSED[_i].says);
}
END_TEST

/* Of no aggregate's list: it stands in place of any. */
static bool encode_skip(struct strbuf *out)
{
    const struct skipped_event event = {
        .envelope = {.aggregate_id = STRVIEW("018f4e5a-0000-7000-8000-000000000001"),
                     .version = 5,
                     .occurred_at_ms = 1767323045006,
                     .actor = {.role = STRVIEW("operator"), .subject = STRVIEW("ada")},
                     .reason = STRVIEW("no broker takes 600 KB")},
        .aggregate_type = STRVIEW("order"),
        .type = STRVIEW("NoteAdded"),
    };
    return skipped_event_encode(&event, out);
}

START_TEST(what_stands_in_place_of_an_event_is_written_as_published)
{
    const struct strview published = read_sample(SKIPPED_EVENT_TYPE);

    ck_assert(encode_skip(&bytes));
    strbuf_append_char(&bytes, '\n');

    ck_assert_msg(strview_equal(strbuf_view(&bytes), published), "%s", strbuf_cstr(&bytes));
}
END_TEST

static bool encode_sample(size_t index, struct strbuf *out)
{
    return index < SAMPLE_EVENT_COUNT ? sample_encode(&SAMPLE_EVENTS[index], out)
                                      : encode_skip(out);
}

static int write_samples(const char *folder)
{
    open_all();
    for (size_t i = 0; i <= SAMPLE_EVENT_COUNT; i++) {
        char path[4096];
        (void)snprintf(path, sizeof path, "%s/%s.json", folder,
                       i < SAMPLE_EVENT_COUNT ? SAMPLE_EVENTS[i].name : SKIPPED_EVENT_TYPE);
        CLEANUP(close_file) FILE *stream = fopen(path, "wb");
        strbuf_reset(&bytes);
        if (stream == NULL || !encode_sample(i, &bytes) ||
            fprintf(stream, "%s\n", strbuf_cstr(&bytes)) < 0) {
            (void)fprintf(stderr, "cannot write %s\n", path);
            return EXIT_FAILURE;
        }
    }
    close_all();
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "--write") == 0) {
        return write_samples(argv[2]);
    }
    Suite *suite = suite_create("contract");
    TCase *samples = tcase_create("samples");
    tcase_add_checked_fixture(samples, open_all, close_all);
    tcase_add_loop_test(samples, an_event_is_written_as_published, 0, SAMPLE_EVENT_COUNT);
    tcase_add_test(samples, what_stands_in_place_of_an_event_is_written_as_published);
    tcase_add_loop_test(samples, a_published_event_is_read_whole, 0, SAMPLE_EVENT_COUNT);
    tcase_add_loop_test(samples, a_damaged_event_is_refused_with_the_reason, 0, REFUSED_COUNT);
    suite_add_tcase(suite, samples);
    return check_main(suite);
}
