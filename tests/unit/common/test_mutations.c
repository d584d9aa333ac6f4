/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Damaged events: thousands of seeded mutations of every sample go through
 * reader and decoders. Built with -DSANITIZE=address,undefined this is a small
 * fuzzer; in any build it holds three promises:
 *
 *   - nothing crashes, and a refusal is INVALID with a text;
 *   - what is accepted can be written, and reading that gives the same bytes;
 *   - what is accepted is strict UTF-8 without NUL, escaped or not.
 *
 * A failure prints seed and payload; MUTATION_SEED and MUTATION_ROUNDS choose others.
 */
#include "common/base/parse.h"
#include "common/base/utf8.h"
#include "common/contract/json.h"
#include "tests/support/check_main.h"
#include "tests/support/sample_events.h"

#include <stdio.h>

enum { ROUNDS = 2000, PAYLOAD_MAX = 8192, CHANGES_MAX = 4 };

/* Pieces that hurt parsers, spliced in whole. */
static const struct strview PIECES[] = {
    {"\0", 1},
    {"\\u0000", 6},
    {"\\ud800", 6},
    {"\\udc00", 6},
    {"\\ud83d\\ude00", 12},
    {"\xc0\xaf", 2},
    {"\xed\xa0\x80", 3},
    {"\xf4\x90\x80\x80", 4},
    {"\xff", 1},
    {"\xef\xbb\xbf", 3},
    {"\\", 1},
    {"\"", 1},
    {"{", 1},
    {"}", 1},
    {"[[[[[[[[[[[[[[[[[[", 18},
    {"]", 1},
    {",", 1},
    {":", 1},
    {"null", 4},
    {"true", 4},
    {"-", 1},
    {"0", 1},
    {"9223372036854775808", 19},
    {"-9223372036854775808", 20},
    {"1e400", 5},
    {"1.0", 3},
    {"\"version\":1,", 12},
    {"\"lines\":[],", 11},
    {"\"extra\":{\"a\":[1,{}]},", 21},
    {"/**/", 4},
    {"\n", 1},
    {"\x7f", 1},
};
enum { PIECE_COUNT = sizeof PIECES / sizeof PIECES[0] };

struct payload {
    char bytes[PAYLOAD_MAX];
    size_t len;
};

static struct arena arena;
static struct strbuf first;
static struct strbuf second;

static void open_all(void)
{
    arena_init(&arena, 1 << 20);
    strbuf_init(&first, 4 * PAYLOAD_MAX);
    strbuf_init(&second, 4 * PAYLOAD_MAX);
}

static void close_all(void)
{
    arena_done(&arena);
    strbuf_done(&first);
    strbuf_done(&second);
}

/* Steele, Lea, Flood, "Fast splittable pseudorandom number generators": splitmix64. */
static uint64_t next_random(uint64_t *state)
{
    *state += 0x9e3779b97f4a7c15;
    uint64_t z = *state;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

static size_t below(uint64_t *state, size_t limit)
{
    return limit == 0 ? 0 : (size_t)(next_random(state) % limit);
}

static void replace(struct payload *payload, size_t at, size_t len, struct strview by)
{
    if (payload->len - len + by.len > PAYLOAD_MAX) {
        return;
    }
    memmove(payload->bytes + at + by.len, payload->bytes + at + len, payload->len - at - len);
    memcpy(payload->bytes + at, by.data, by.len);
    payload->len = payload->len - len + by.len;
}

static void flip_bit(struct payload *payload, uint64_t *state)
{
    if (payload->len > 0) {
        const unsigned bit = 1U << below(state, 8);
        char *byte = &payload->bytes[below(state, payload->len)];
        *byte = (char)((unsigned char)*byte ^ bit);
    }
}

static void cut_range(struct payload *payload, uint64_t *state)
{
    const size_t at = below(state, payload->len + 1);
    replace(payload, at, below(state, payload->len - at + 1) % 40, STRVIEW(""));
}

static void cut_tail(struct payload *payload, uint64_t *state)
{
    payload->len = below(state, payload->len + 1);
}

static void splice_piece(struct payload *payload, uint64_t *state)
{
    const size_t at = below(state, payload->len + 1);
    const size_t len = below(state, 2) == 0 ? 0 : below(state, payload->len - at + 1) % 20;
    replace(payload, at, len, PIECES[below(state, PIECE_COUNT)]);
}

static void repeat_range(struct payload *payload, uint64_t *state)
{
    char copy[200];
    const size_t at = below(state, payload->len + 1);
    const size_t len = below(state, payload->len - at + 1) % sizeof copy;
    memcpy(copy, payload->bytes + at, len);
    replace(payload, below(state, payload->len + 1), 0, (struct strview){copy, len});
}

static void other_digit(struct payload *payload, uint64_t *state)
{
    const size_t start = below(state, payload->len);
    for (size_t at = start; at < payload->len; at++) {
        if (payload->bytes[at] >= '0' && payload->bytes[at] <= '9') {
            payload->bytes[at] = (char)('0' + below(state, 10));
            return;
        }
    }
}

typedef void change_fn(struct payload *payload, uint64_t *state);

static change_fn *const CHANGES[] = {flip_bit,     cut_range,    cut_tail,
                                     splice_piece, repeat_range, other_digit};
enum { CHANGE_COUNT = sizeof CHANGES / sizeof CHANGES[0] };

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
static bool hold_promises(const struct sample_event *sample, struct strview payload)
{
    struct error err = {.kind = ERROR_NONE};
    arena_reset(&arena);
    strbuf_reset(&first);
    strbuf_reset(&second);
    const enum error_kind kind =
        recode_event(sample->aggregate, sample_type(sample), payload, &arena, &first, &err);
    if (kind != ERROR_NONE) {
        ck_assert_int_eq(kind, ERROR_INVALID);
        ck_assert_uint_gt(strlen(err.text), 0);
        ck_assert(utf8_is_valid(strview_of(err.text)));
        return false;
    }
    ck_assert(utf8_is_valid(payload) && !has_nul_escape(payload));
    arena_reset(&arena);
    ck_assert_int_eq(recode_event(sample->aggregate, sample_type(sample), strbuf_view(&first),
                                  &arena, &second, &err),
                     ERROR_NONE);
    ck_assert(strview_equal(strbuf_view(&first), strbuf_view(&second)));
    return true;
}

static uint64_t number_from_environment(const char *name, int64_t otherwise)
{
    int64_t number;
    return (uint64_t)(parse_i64(strview_of(getenv(name)), &number) ? number : otherwise);
}

START_TEST(damaged_events_keep_three_promises)
{
    const struct sample_event *sample = &SAMPLE_EVENTS[_i];
    const uint64_t seed = number_from_environment("MUTATION_SEED", 20260102);
    const uint64_t rounds = number_from_environment("MUTATION_ROUNDS", ROUNDS);
    ck_assert(sample_encode(sample, &first));
    struct payload whole = {.len = first.len};
    ck_assert_uint_le(first.len, PAYLOAD_MAX);
    memcpy(whole.bytes, first.data, first.len);
    uint64_t accepted = 0;

    for (uint64_t round = 0; round < rounds; round++) {
        uint64_t state = seed + round * 1000003 + (uint64_t)_i;
        struct payload payload = whole;
        for (size_t changes = 1 + below(&state, CHANGES_MAX); changes > 0; changes--) {
            CHANGES[below(&state, CHANGE_COUNT)](&payload, &state);
        }
        accepted += hold_promises(sample, (struct strview){payload.bytes, payload.len}) ? 1 : 0;
    }

    (void)printf("%s: %llu of %llu accepted\n", sample->name, (unsigned long long)accepted,
                 (unsigned long long)rounds);
    ck_assert_uint_gt(accepted, 0);
    ck_assert_uint_lt(accepted, rounds / 2);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/contract/mutations");
    TCase *damage = tcase_create("damage");
    tcase_add_checked_fixture(damage, open_all, close_all);
    tcase_set_timeout(damage, 300);
    tcase_add_loop_test(damage, damaged_events_keep_three_promises, 0, SAMPLE_EVENT_COUNT);
    suite_add_tcase(suite, damage);
    return check_main(suite);
}
