/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mutate.h - seeded damage to good bytes, for tests of readers.
 *
 * Why in unit tests: with -DSANITIZE=address,undefined they are small fuzzers
 * that need no other tool, and the same seed finds the same fault again.
 * MUTATION_SEED and MUTATION_ROUNDS in the environment choose others.
 */
#ifndef TESTS_SUPPORT_MUTATE_H
#define TESTS_SUPPORT_MUTATE_H

#include "common/base/strview.h"

#include <stdint.h>

enum { MUTANT_MAX = 8192, MUTATION_ROUNDS = 2000 };

struct mutant {
    char bytes[MUTANT_MAX];
    size_t len;
};

struct mutation {
    struct strview good;
    const struct strview *pieces; /* what hurts this reader, spliced in whole */
    size_t piece_count;
};

/* One to four changes to the good bytes; the same for the same seed. */
void mutate(const struct mutation *mutation, uint64_t seed, struct mutant *ret);

/* Seed of the round-th mutant of a test's number-th case. */
uint64_t mutation_seed(int number, uint64_t round);
uint64_t mutation_rounds(void);

static inline struct strview mutant_view(const struct mutant *mutant)
{
    return (struct strview){.data = mutant->bytes, .len = mutant->len};
}

#endif
