/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Damaged events and request heads: thousands of seeded mutations of good ones
 * go through their readers, and these promises hold:
 *
 *   - nothing crashes, and a refusal says what is wrong;
 *   - an accepted event can be written, and reading that gives the same bytes;
 *   - an accepted event is strict UTF-8 without NUL, escaped or not;
 *   - an accepted head is one about which nobody can disagree.
 */
#include "common/base/parse.h"
#include "common/base/utf8.h"
#include "common/contract/json.h"
#include "common/io/http/guard.h"
#include "tests/support/check_main.h"
#include "tests/support/mutate.h"
#include "tests/support/sample_events.h"

#include <stdio.h>
#include <strings.h>

#define BYTES(literal) literal, sizeof(literal) - 1
#define COUNT(array)   (sizeof(array) / sizeof((array)[0]))

static struct arena arena;
static struct strbuf first;
static struct strbuf second;

static void open_all(void)
{
    arena_init(&arena, 1 << 20);
    strbuf_init(&first, 4 * MUTANT_MAX);
    strbuf_init(&second, 4 * MUTANT_MAX);
}

static void close_all(void)
{
    arena_done(&arena);
    strbuf_done(&first);
    strbuf_done(&second);
}

/* ---- events ---- */

static const struct strview JSON_PIECES[] = {
    {BYTES("\0")},
    {BYTES("\\u0000")},
    {BYTES("\\ud800")},
    {BYTES("\\udc00")},
    {BYTES("\\ud83d\\ude00")},
    {BYTES("\xc0\xaf")},
    {BYTES("\xed\xa0\x80")},
    {BYTES("\xf4\x90\x80\x80")},
    {BYTES("\xff")},
    {BYTES("\xef\xbb\xbf")},
    {BYTES("\\")},
    {BYTES("\"")},
    {BYTES("{")},
    {BYTES("}")},
    {BYTES("[[[[[[[[[[[[[[[[[[")},
    {BYTES("]")},
    {BYTES(",")},
    {BYTES(":")},
    {BYTES("null")},
    {BYTES("true")},
    {BYTES("-")},
    {BYTES("0")},
    {BYTES("9223372036854775808")},
    {BYTES("-9223372036854775808")},
    {BYTES("1e400")},
    {BYTES("1.0")},
    {BYTES("\"version\":1,")},
    {BYTES("\"lines\":[],")},
    {BYTES("\"extra\":{\"a\":[1,{}]},")},
    {BYTES("/**/")},
    {BYTES("\n")},
    {BYTES("\x7f")},
};

static bool has_nul_escape(struct strview text)
{
    for (size_t at = 0; at + 1 < text.len; at++) {
        if (text.data[at] != '\\') {
            continue;
        }
        if (text.len - at >= 6 && memcmp(text.data + at, "\\u0000", 6) == 0) {
            return true;
        }
        at++; /* the escaped character */
    }
    return false;
}

/* True when the payload was accepted. */
static bool read_event(const struct sample_event *sample, struct strview payload)
{
    struct error err = {.kind = ERROR_NONE};
    arena_reset(&arena);
    strbuf_reset(&first);
    strbuf_reset(&second);
    const enum error_kind kind =
        recode_event(sample->event.aggregate, sample_type(sample), payload, &arena, &first, &err);
    if (kind != ERROR_NONE) {
        ck_assert_int_eq(kind, ERROR_INVALID);
        ck_assert_uint_gt(strlen(err.text), 0);
        ck_assert(utf8_is_valid(strview_of(err.text)));
        return false;
    }
    ck_assert(utf8_is_valid(payload) && !has_nul_escape(payload));
    arena_reset(&arena);
    ck_assert_int_eq(recode_event(sample->event.aggregate, sample_type(sample), strbuf_view(&first),
                                  &arena, &second, &err),
                     ERROR_NONE);
    ck_assert(strview_equal(strbuf_view(&first), strbuf_view(&second)));
    return true;
}

START_TEST(damaged_events_are_refused_or_read_as_they_will_be_written)
{
    const struct sample_event *sample = &SAMPLE_EVENTS[_i];
    struct strbuf good;
    strbuf_init(&good, MUTANT_MAX);
    ck_assert(sample_encode(sample, &good));
    const struct mutation mutation = {strbuf_view(&good), JSON_PIECES, COUNT(JSON_PIECES)};
    uint64_t accepted = 0;

    for (uint64_t round = 0; round < mutation_rounds(); round++) {
        struct mutant mutant;
        mutate(&mutation, mutation_seed(_i, round), &mutant);
        accepted += read_event(sample, mutant_view(&mutant)) ? 1 : 0;
    }

    ck_assert_uint_gt(accepted, 0);
    ck_assert_uint_lt(accepted, mutation_rounds() / 2);
    strbuf_done(&good);
}
END_TEST

/* ---- request heads ---- */

static const struct strview GOOD_HEADS[] = {
    {BYTES("POST /v1/orders HTTP/1.1\r\nHost: localhost:8080\r\nContent-Type: application/json\r\n"
           "Idempotency-Key: \"k-1\"\r\nContent-Length: 42\r\n\r\n")},
    {BYTES(
        "GET /v1/orders/1?min_version=7&wait=2s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")},
};

static const struct strview HEAD_PIECES[] = {
    {BYTES("\r\n")},
    {BYTES("\n")},
    {BYTES("\r")},
    {BYTES("\0")},
    {BYTES("\r\n ")},
    {BYTES("\r\n\r\n")},
    {BYTES(" :")},
    {BYTES(":")},
    {BYTES("\t")},
    {BYTES("\x80")},
    {BYTES("\x7f")},
    {BYTES(" HTTP/1.1")},
    {BYTES("HTTP/0.9")},
    {BYTES("Host: b\r\n")},
    {BYTES("Content-Length: 1\r\n")},
    {BYTES("Content-Length: +1\r\n")},
    {BYTES("Content-Length: 99999999999999999999\r\n")},
    {BYTES("Transfer-Encoding: chunked\r\n")},
    {BYTES("Transfer-Encoding : chunked\r\n")},
    {BYTES("http://evil/")},
    {BYTES("?")},
    {BYTES("%00")},
    {BYTES("#")},
};

static bool is_field(struct strview line, const char *name)
{
    const size_t len = strlen(name);
    return line.len >= len && strncasecmp(line.data, name, len) == 0;
}

/* What the guard promises, said again without it: one pass over CRLF lines. */
static void assert_nobody_can_disagree(struct strview bytes, const struct http_head *head)
{
    int hosts = 0;
    int lengths = 0;
    size_t start = 0;
    for (size_t at = 0; at < bytes.len; at++) {
        const unsigned char c = (unsigned char)bytes.data[at];
        ck_assert(c == '\t' || c == '\r' || c == '\n' || (c >= ' ' && c != 0x7f));
        ck_assert((c == '\r') == (at + 1 < bytes.len && bytes.data[at + 1] == '\n'));
        if (c != '\n') {
            continue;
        }
        const struct strview line = {bytes.data + start, at + 1 - start};
        ck_assert(start == 0 || (line.data[0] != ' ' && line.data[0] != '\t'));
        ck_assert(!is_field(line, "transfer-encoding"));
        hosts += is_field(line, "host:") ? 1 : 0;
        lengths += is_field(line, "content-length:") ? 1 : 0;
        start = at + 1;
    }
    ck_assert_uint_eq(start, bytes.len);
    ck_assert(hosts == 1 || (hosts == 0 && head->minor_version == 0));
    ck_assert_int_le(lengths, 1);
    ck_assert(lengths == 1 || head->content_length == 0);
    ck_assert(head->path.len > 0 && head->path.data[0] == '/');
}

static bool read_head(struct strview bytes)
{
    size_t scanned = 0;
    const size_t len = http_guard_head_length(bytes, &scanned);
    struct http_head head;
    ck_assert_uint_le(len, bytes.len);
    if (len == 0) {
        return false;
    }
    const struct strview whole = {bytes.data, len};
    const struct http_verdict verdict = http_guard_read(whole, 64 << 10, &head);
    if (verdict.status != 0) {
        ck_assert(verdict.status >= 400 && verdict.status < 600);
        ck_assert_ptr_nonnull(verdict.slug);
        return false;
    }
    assert_nobody_can_disagree(whole, &head);
    return true;
}

START_TEST(damaged_heads_are_refused_or_mean_one_thing)
{
    const struct mutation mutation = {GOOD_HEADS[_i], HEAD_PIECES, COUNT(HEAD_PIECES)};
    uint64_t accepted = 0;

    ck_assert(read_head(mutation.good));
    for (uint64_t round = 0; round < mutation_rounds(); round++) {
        struct mutant mutant;
        mutate(&mutation, mutation_seed(_i, round), &mutant);
        accepted += read_head(mutant_view(&mutant)) ? 1 : 0;
    }

    ck_assert_uint_gt(accepted, 0);
    ck_assert_uint_lt(accepted, mutation_rounds() / 2);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/mutations");
    TCase *damage = tcase_create("damage");
    tcase_add_checked_fixture(damage, open_all, close_all);
    tcase_set_timeout(damage, 300);
    tcase_add_loop_test(damage, damaged_events_are_refused_or_read_as_they_will_be_written, 0,
                        SAMPLE_EVENT_COUNT);
    tcase_add_loop_test(damage, damaged_heads_are_refused_or_mean_one_thing, 0, COUNT(GOOD_HEADS));
    suite_add_tcase(suite, damage);
    return check_main(suite);
}
