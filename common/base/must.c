/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/must.h"

#include <stdlib.h>

void *must_allocate(size_t count, size_t size)
{
    void *bytes = calloc(count, size > 0 ? size : 1);
    if (bytes == NULL) {
        abort();
    }
    return bytes;
}
