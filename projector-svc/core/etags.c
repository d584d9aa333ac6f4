/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/core/etags.h"

#include <assert.h>

bool etags_have(struct strview header, struct strview etag)
{
    assert(etag.len > 2);
    assert(etag.data[0] == '"'); /* or nothing would ever be the same */
    assert(etag.data[etag.len - 1] == '"');
    while (header.len > 0) {
        struct strview tag = strview_trim(strview_take(&header, ','));
        if (tag.len > 2 && tag.data[0] == 'W' && tag.data[1] == '/') {
            tag = strview_skip(tag, 2); /* compared weakly, as for a reading */
        }
        if (strview_equal(tag, etag) || strview_is(tag, "*")) {
            return true;
        }
    }
    return false;
}
