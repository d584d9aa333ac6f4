/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/digest.h"

#include "common/base/cleanup.h"
#include "common/base/must.h"

#include <openssl/evp.h>

struct digest {
    EVP_MD *sha256;
    EVP_MD_CTX *context;
};

DEFINE_CLEANUP(struct digest *, digest_free)

enum error_kind digest_new(struct digest **ret_digest, struct error *err)
{
    CLEANUP(cleanup_digest_free) struct digest *digest = must_allocate(1, sizeof *digest);
    digest->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    digest->context = EVP_MD_CTX_new();
    if (digest->sha256 == NULL || digest->context == NULL) {
        return error_set(err, ERROR_FATAL, "libcrypto has no SHA-256");
    }
    *ret_digest = TAKE_PTR(digest);
    return ERROR_NONE;
}

void digest_free(struct digest *digest)
{
    if (digest == NULL) {
        return;
    }
    EVP_MD_CTX_free(digest->context);
    EVP_MD_free(digest->sha256);
    free(digest);
}

bool digest_of(struct digest *digest, const struct strview *pieces, size_t count,
               uint8_t ret_hash[static DIGEST_LEN])
{
    if (EVP_DigestInit_ex2(digest->context, digest->sha256, NULL) != 1) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (EVP_DigestUpdate(digest->context, pieces[i].data, pieces[i].len) != 1) {
            return false;
        }
    }
    return EVP_DigestFinal_ex(digest->context, ret_hash, NULL) == 1;
}
