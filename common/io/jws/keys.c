/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/jws/keys.h"

#include "common/base/cleanup.h"
#include "common/base/must.h"
#include "common/io/jws/internal.h"
#include "common/io/plain_file.h"

#include <errno.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdio.h>

enum { RSA_BITS_MIN = 2048, RSA_BITS_MAX = 8192, P256_BITS = 256, P256_HALF = 32 };

DEFINE_CLEANUP(struct jws_keys *, jws_keys_free)
DEFINE_CLEANUP(FILE *, fclose)
DEFINE_CLEANUP(BIO *, BIO_free)
DEFINE_CLEANUP(EVP_MD_CTX *, EVP_MD_CTX_free)
DEFINE_CLEANUP(ECDSA_SIG *, ECDSA_SIG_free)
DEFINE_CLEANUP(BIGNUM *, BN_free)

/* ---- keys ---------------------------------------------------------------------------------- */

/* With an exponent of one anybody writes signatures, and an even one is no key's. */
static bool has_good_exponent(const EVP_PKEY *key)
{
    CLEANUP(cleanup_BN_free) BIGNUM *e = NULL;
    return EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &e) == 1 && BN_is_odd(e) &&
           !BN_is_one(e);
}

unsigned jws_algorithms_of(const EVP_PKEY *key)
{
    const int bits = EVP_PKEY_get_bits(key);
    char group[32];
    size_t len;
    if (EVP_PKEY_is_a(key, "RSA") && bits >= RSA_BITS_MIN && bits <= RSA_BITS_MAX &&
        has_good_exponent(key)) {
        return 1U << JWS_RS256 | 1U << JWS_PS256;
    }
    if (EVP_PKEY_is_a(key, "EC") && bits == P256_BITS &&
        EVP_PKEY_get_group_name(key, group, sizeof group, &len) == 1 &&
        strcmp(group, "prime256v1") == 0) {
        return 1U << JWS_ES256;
    }
    return EVP_PKEY_is_a(key, "ED25519") ? 1U << JWS_EDDSA : 0;
}

static struct strview kid_of(const struct jws_key *key)
{
    return (struct strview){.data = key->has_kid ? key->kid : NULL, .len = key->kid_len};
}

static enum error_kind judge_key(const struct jws_keys *keys, const struct jws_key *key,
                                 struct error *err)
{
    if (key->algorithms == 0) {
        return error_set(err, ERROR_FATAL,
                         "a key is none of RSA of 2048 to 8192 bits, EC P-256 and Ed25519");
    }
    if (keys->count == JWS_KEYS_MAX) {
        return error_set(err, ERROR_FATAL, "more than %d keys", JWS_KEYS_MAX);
    }
    for (size_t i = 0; key->has_kid && i < keys->count; i++) {
        if (keys->list[i].has_kid && strview_equal(kid_of(&keys->list[i]), kid_of(key))) {
            return error_set(err, ERROR_FATAL, "two keys have the kid \"%.*s\"",
                             STRVIEW_ARG(kid_of(key)));
        }
    }
    return ERROR_NONE;
}

enum error_kind jws_keys_add(struct jws_keys *keys, const struct jws_key *key, struct error *err)
{
    const enum error_kind kind = judge_key(keys, key, err);
    if (kind != ERROR_NONE) {
        EVP_PKEY_free(key->key);
        return kind;
    }
    keys->list[keys->count++] = *key;
    return ERROR_NONE;
}

void jws_keys_free(struct jws_keys *keys)
{
    for (size_t i = 0; keys != NULL && i < keys->count; i++) {
        EVP_PKEY_free(keys->list[i].key);
    }
    free(keys);
}

/* ---- the file ------------------------------------------------------------------------------ */

static bool holds(struct strview bytes, const char *word)
{
    return memmem(bytes.data, bytes.len, word, strlen(word)) != NULL;
}

/* What a block of PEM holds; NULL when it is no public key. */
static EVP_PKEY *key_of_block(const char *name, const uint8_t *bytes, long len)
{
    const uint8_t *end = bytes;
    return strcmp(name, PEM_STRING_PUBLIC) == 0 ? d2i_PUBKEY(NULL, &end, len) : NULL;
}

/* False at the end of the file, with *ret_kind as it was, or after a fault. */
static bool read_block(BIO *bio, struct jws_keys *keys, enum error_kind *ret_kind,
                       struct error *err)
{
    char *name = NULL;
    char *header = NULL;
    uint8_t *bytes = NULL;
    long len = 0; /* or gcc warns at -O2: it does not see that PEM_read_bio() sets it */
    if (PEM_read_bio(bio, &name, &header, &bytes, &len) != 1) {
        if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE) {
            *ret_kind = error_set(err, ERROR_FATAL, "a PEM block is damaged");
        }
        return false;
    }
    EVP_PKEY *key = key_of_block(name, bytes, len);
    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_free(bytes);
    if (key == NULL) {
        *ret_kind = error_set(err, ERROR_FATAL, "a PEM block holds no public key");
        return false;
    }
    const struct jws_key entry = {.key = key, .algorithms = jws_algorithms_of(key)};
    *ret_kind = jws_keys_add(keys, &entry, err);
    return *ret_kind == ERROR_NONE;
}

/* Where a block does not begin its line, libcrypto passes over it. */
static size_t count_blocks(struct strview bytes)
{
    static const struct strview BEGIN = {.data = "-----BEGIN ", .len = 11};
    size_t count = 0;
    const char *at = bytes.data;
    const char *end = bytes.data + bytes.len;
    while ((at = memmem(at, (size_t)(end - at), BEGIN.data, BEGIN.len)) != NULL) {
        at += BEGIN.len;
        count++;
    }
    return count;
}

static enum error_kind read_pem(struct strview bytes, struct jws_keys *keys, struct error *err)
{
    CLEANUP(cleanup_BIO_free) BIO *bio = BIO_new_mem_buf(bytes.data, (int)bytes.len);
    enum error_kind kind = ERROR_NONE;
    if (holds(bytes, "PRIVATE KEY-----")) {
        return error_set(err, ERROR_FATAL, "it holds a private key: only public ones belong here");
    }
    while (bio != NULL && read_block(bio, keys, &kind, err)) {
        ; /* the next one */
    }
    return kind == ERROR_NONE && keys->count != count_blocks(bytes)
               ? error_set(err, ERROR_FATAL, "a PEM block is damaged: it does not begin its line")
               : kind;
}

static enum error_kind read_bytes(const char *path, char **ret_bytes, size_t *ret_len,
                                  struct error *err)
{
    CLEANUP(cleanup_fclose) FILE *file = NULL;
    CLEANUP_FREE
    char *bytes = must_allocate(JWS_FILE_MAX + 1, 1);
    const enum error_kind kind = plain_file_open(path, &file, err);
    if (kind != ERROR_NONE) {
        return kind;
    }
    const size_t len = fread(bytes, 1, JWS_FILE_MAX + 1, file);
    if (ferror(file) != 0) {
        return error_set(err, ERROR_FATAL, "cannot read %s: %s", path, strerror(errno));
    }
    if (len > JWS_FILE_MAX) {
        return error_set(err, ERROR_FATAL, "%s has more than %d bytes", path, JWS_FILE_MAX);
    }
    *ret_bytes = TAKE_PTR(bytes);
    *ret_len = len;
    return ERROR_NONE;
}

enum error_kind jws_keys_read(const char *path, struct jws_keys **ret_keys, struct error *err)
{
    CLEANUP(cleanup_jws_keys_free) struct jws_keys *keys = must_allocate(1, sizeof *keys);
    CLEANUP_FREE
    char *bytes = NULL;
    size_t len = 0;
    enum error_kind kind = read_bytes(path, &bytes, &len, err);
    if (kind != ERROR_NONE) {
        return kind;
    }
    const struct strview text = {.data = bytes, .len = len};
    const size_t blanks = strspn(bytes, " \t\r\n"); /* a NUL stands behind the last byte */
    kind = bytes[blanks] == '{' ? jws_read_set(text, keys, err) : read_pem(text, keys, err);
    ERR_clear_error(); /* else this thread's next TLS connection takes them for its own */
    if (kind == ERROR_NONE && keys->count == 0) {
        kind = error_set(err, ERROR_FATAL,
                         "no key for RS256, PS256, ES256 or EdDSA: give a JWK set or PEM blocks "
                         "BEGIN PUBLIC KEY");
    }
    if (kind != ERROR_NONE) {
        return error_context(err, "%s", path);
    }
    *ret_keys = TAKE_PTR(keys);
    return ERROR_NONE;
}

/* ---- signatures ---------------------------------------------------------------------------- */

enum { DER_MAX = 80 }; /* of two numbers of 32 bytes: at most 72 */

/* libcrypto wants r and s as DER; a JWS has them bare, 32 bytes each. */
static bool spell_der(struct strview signature, uint8_t der[static DER_MAX], size_t *ret_len)
{
    CLEANUP(cleanup_ECDSA_SIG_free) ECDSA_SIG *pair = ECDSA_SIG_new();
    if (signature.len != (size_t)2 * P256_HALF || pair == NULL) {
        return false;
    }
    const uint8_t *bytes = (const uint8_t *)signature.data;
    BIGNUM *r = BN_bin2bn(bytes, P256_HALF, NULL);
    BIGNUM *s = BN_bin2bn(bytes + P256_HALF, P256_HALF, NULL);
    if (r == NULL || s == NULL || ECDSA_SIG_set0(pair, r, s) != 1) {
        BN_free(r);
        BN_free(s);
        return false;
    }
    uint8_t *end = der;
    const int len = i2d_ECDSA_SIG(pair, &end);
    *ret_len = len > 0 ? (size_t)len : 0;
    return len > 0;
}

static bool set_padding(EVP_PKEY_CTX *context, enum jws_algorithm algorithm)
{
    return algorithm != JWS_PS256 ||
           (EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
            EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1 &&
            EVP_PKEY_CTX_set_rsa_mgf1_md(context, EVP_sha256()) == 1);
}

static bool is_signed_by(EVP_PKEY *key, enum jws_algorithm algorithm, struct strview bytes,
                         struct strview signature)
{
    CLEANUP(cleanup_EVP_MD_CTX_free) EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *of_key = NULL; /* the context's */
    const EVP_MD *digest = algorithm == JWS_EDDSA ? NULL : EVP_sha256();
    uint8_t der[DER_MAX];
    if (algorithm == JWS_ES256) {
        size_t len;
        if (!spell_der(signature, der, &len)) {
            return false;
        }
        signature = (struct strview){.data = (const char *)der, .len = len};
    }
    return context != NULL && EVP_DigestVerifyInit(context, &of_key, digest, NULL, key) == 1 &&
           set_padding(of_key, algorithm) &&
           EVP_DigestVerify(context, (const uint8_t *)signature.data, signature.len,
                            (const uint8_t *)bytes.data, bytes.len) == 1;
}

static bool answers_to(const struct jws_key *key, enum jws_algorithm algorithm, struct strview kid)
{
    return (key->algorithms & 1U << algorithm) != 0 &&
           (!key->has_kid || (kid.data != NULL && strview_equal(kid_of(key), kid)));
}

enum jws_verdict jws_keys_check(const struct jws_keys *keys, enum jws_algorithm algorithm,
                                struct strview kid, struct strview bytes, struct strview signature)
{
    enum jws_verdict verdict = JWS_NO_SUCH_KEY;
    for (size_t i = 0; i < keys->count && verdict != JWS_GOOD; i++) {
        if (answers_to(&keys->list[i], algorithm, kid)) {
            verdict = is_signed_by(keys->list[i].key, algorithm, bytes, signature) ? JWS_GOOD
                                                                                   : JWS_NOT_SIGNED;
        }
    }
    ERR_clear_error();
    return verdict;
}
