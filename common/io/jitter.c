/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/jitter.h"

#include <sys/random.h>

uint64_t jitter_draw(void)
{
    uint64_t random = 0;
    (void)!getrandom(&random, sizeof random, 0);
    return random;
}
