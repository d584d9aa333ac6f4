/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/mutate.h"

#include "common/base/parse.h"

#include <assert.h>
#include <stdlib.h>

enum { CHANGES_MAX = 4, DEFAULT_SEED = 20260102 };

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

static void replace(struct mutant *mutant, size_t at, size_t len, struct strview by)
{
    if (mutant->len - len + by.len > MUTANT_MAX) {
        return;
    }
    memmove(mutant->bytes + at + by.len, mutant->bytes + at + len, mutant->len - at - len);
    memcpy(mutant->bytes + at, by.data, by.len);
    mutant->len = mutant->len - len + by.len;
}

typedef void change_fn(const struct mutation *mutation, struct mutant *mutant, uint64_t *state);

static void flip_bit(const struct mutation *mutation, struct mutant *mutant, uint64_t *state)
{
    (void)mutation;
    if (mutant->len > 0) {
        const unsigned bit = 1U << below(state, 8);
        char *byte = &mutant->bytes[below(state, mutant->len)];
        *byte = (char)((unsigned char)*byte ^ bit);
    }
}

static void cut_range(const struct mutation *mutation, struct mutant *mutant, uint64_t *state)
{
    (void)mutation;
    const size_t at = below(state, mutant->len + 1);
    replace(mutant, at, below(state, mutant->len - at + 1) % 40, STRVIEW(""));
}

static void cut_tail(const struct mutation *mutation, struct mutant *mutant, uint64_t *state)
{
    (void)mutation;
    mutant->len = below(state, mutant->len + 1);
}

static void splice_piece(const struct mutation *mutation, struct mutant *mutant, uint64_t *state)
{
    const size_t at = below(state, mutant->len + 1);
    const size_t len = below(state, 2) == 0 ? 0 : below(state, mutant->len - at + 1) % 20;
    replace(mutant, at, len, mutation->pieces[below(state, mutation->piece_count)]);
}

static void repeat_range(const struct mutation *mutation, struct mutant *mutant, uint64_t *state)
{
    (void)mutation;
    char copy[200];
    const size_t at = below(state, mutant->len + 1);
    const size_t len = below(state, mutant->len - at + 1) % sizeof copy;
    memcpy(copy, mutant->bytes + at, len);
    replace(mutant, below(state, mutant->len + 1), 0, (struct strview){copy, len});
}

static void other_digit(const struct mutation *mutation, struct mutant *mutant, uint64_t *state)
{
    (void)mutation;
    for (size_t at = below(state, mutant->len); at < mutant->len; at++) {
        if (mutant->bytes[at] >= '0' && mutant->bytes[at] <= '9') {
            mutant->bytes[at] = (char)('0' + below(state, 10));
            return;
        }
    }
}

static change_fn *const CHANGES[] = {flip_bit,     cut_range,    cut_tail,
                                     splice_piece, repeat_range, other_digit};
enum { CHANGE_COUNT = sizeof CHANGES / sizeof CHANGES[0] };

void mutate(const struct mutation *mutation, uint64_t seed, struct mutant *ret)
{
    uint64_t state = seed;
    assert(mutation->good.len <= MUTANT_MAX && mutation->piece_count > 0);
    memcpy(ret->bytes, mutation->good.data, mutation->good.len);
    ret->len = mutation->good.len;
    for (size_t changes = 1 + below(&state, CHANGES_MAX); changes > 0; changes--) {
        CHANGES[below(&state, CHANGE_COUNT)](mutation, ret, &state);
    }
}

static uint64_t number_from_environment(const char *name, int64_t otherwise)
{
    int64_t number;
    return (uint64_t)(parse_i64(strview_of(getenv(name)), &number) ? number : otherwise);
}

uint64_t mutation_seed(int number, uint64_t round)
{
    return number_from_environment("MUTATION_SEED", DEFAULT_SEED) + round * 1000003 +
           (uint64_t)number;
}

uint64_t mutation_rounds(void)
{
    return number_from_environment("MUTATION_ROUNDS", MUTATION_ROUNDS);
}
