/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/jws/algorithm.h"

#define ALGORITHM_NAME(NAME, name) [JWS_##NAME] = (name),
static const char *const NAMES[] = {JWS_ALGORITHMS(ALGORITHM_NAME)};

bool jws_algorithm_parse(struct strview name, enum jws_algorithm *ret)
{
    for (int i = 0; i < JWS_ALGORITHM_COUNT; i++) {
        if (strview_is(name, NAMES[i])) {
            *ret = (enum jws_algorithm)i;
            return true;
        }
    }
    return false;
}
