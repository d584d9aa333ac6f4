/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/http/identity.h"

#include "common/base/shares.h"
#include "common/base/strbuf.h"
#include "common/io/digest.h"
#include "common/run/auth.h"

enum { IDENTITY_MAX = 512 }; /* role, subject and key have limits far below */

struct strview identity_make(struct arena *arena, const struct principal *principal,
                             struct strview key)
{
    struct strbuf identity = STRBUF_IN(arena, IDENTITY_MAX);
    strbuf_append_cstr(&identity, role_name(principal->role));
    strbuf_append_char(&identity, ':');
    strbuf_append_cstr(&identity, principal->subject);
    strbuf_append_char(&identity, '\0');
    strbuf_append(&identity, key);
    return strbuf_keep(&identity);
}

uint64_t identity_party(struct strview identity)
{
    struct strview rest = identity;
    return shares_key(strview_take(&rest, '\0'));
}

bool identity_receipt_key(struct digest *digest, struct strview identity, struct uuid *ret_key)
{
    uint8_t hash[DIGEST_LEN];
    if (!digest_of(digest, &identity, 1, hash)) {
        return false;
    }
    *ret_key = uuid_of_bytes(hash);
    return true;
}
