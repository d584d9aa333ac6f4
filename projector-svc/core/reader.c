/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/core/reader.h"

#include "common/base/strview.h"
#include "common/contract/event.h"
#include "common/contract/shard.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define TYPE_NAME(KIND, name, type) type " "
#define TYPE_NAMES(NAME, name)      NAME##_EVENTS(TYPE_NAME)
static const char TYPES[] = AGGREGATES(TYPE_NAMES);

void reader_name(const char *version, char name[static READER_NAME_MAX])
{
    enum { VERSION_MAX = READER_NAME_MAX - (int)sizeof "/01234567" };
    const int len = snprintf(name, READER_NAME_MAX, "%.*s/%08x", VERSION_MAX, version,
                             (unsigned)shard_murmur2(strview_of(TYPES)));
    assert(len > 0 && len < READER_NAME_MAX);            /* it is compared whole */
    assert(name[len - (int)strlen("/01234567")] == '/'); /* of the sum nothing is cut */
}
