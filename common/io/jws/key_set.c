/* SPDX-License-Identifier: Apache-2.0 */
/* A JWK set (RFC 7517) as keys of libcrypto. */
#include "common/base/base64url.h"
#include "common/base/cleanup.h"
#include "common/contract/json.h"
#include "common/io/jws/internal.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>

enum { ARENA_MAX = 2 << 20, NUMBER_MAX = 1024 + 3, POINT_HALF = 32 };

DEFINE_CLEANUP(OSSL_PARAM_BLD *, OSSL_PARAM_BLD_free)
DEFINE_CLEANUP(OSSL_PARAM *, OSSL_PARAM_free)
DEFINE_CLEANUP(EVP_PKEY_CTX *, EVP_PKEY_CTX_free)
DEFINE_CLEANUP(BIGNUM *, BN_free)

/* A member's bytes; false where it is none, or longer than any key here has. */
static bool read_bytes(const struct json_value *jwk, const char *name,
                       uint8_t ret_bytes[static NUMBER_MAX], size_t *ret_len)
{
    const struct strview text = json_text(jwk, name);
    return text.len > 0 && BASE64URL_BYTES(text.len) <= NUMBER_MAX &&
           base64url_decode(text, ret_bytes, ret_len);
}

static EVP_PKEY *key_of_parameters(const char *type, OSSL_PARAM_BLD *builder)
{
    CLEANUP(cleanup_OSSL_PARAM_free) OSSL_PARAM *parameters = OSSL_PARAM_BLD_to_param(builder);
    CLEANUP(cleanup_EVP_PKEY_CTX_free)
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    EVP_PKEY *key = NULL;
    if (parameters == NULL || context == NULL || EVP_PKEY_fromdata_init(context) != 1 ||
        EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters) != 1) {
        return NULL;
    }
    return key;
}

static EVP_PKEY *rsa_key(const struct json_value *jwk)
{
    uint8_t modulus[NUMBER_MAX];
    uint8_t exponent[NUMBER_MAX];
    size_t modulus_len;
    size_t exponent_len;
    CLEANUP(cleanup_OSSL_PARAM_BLD_free) OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    if (builder == NULL || !read_bytes(jwk, "n", modulus, &modulus_len) ||
        !read_bytes(jwk, "e", exponent, &exponent_len)) {
        return NULL;
    }
    CLEANUP(cleanup_BN_free) BIGNUM *n = BN_bin2bn(modulus, (int)modulus_len, NULL);
    CLEANUP(cleanup_BN_free) BIGNUM *e = BN_bin2bn(exponent, (int)exponent_len, NULL);
    if (n == NULL || e == NULL || !BN_is_odd(n) || !BN_is_odd(e) || BN_is_one(e) ||
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n) != 1 ||
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e) != 1) {
        return NULL;
    }
    return key_of_parameters("RSA", builder);
}

/* libcrypto refuses a point that is not on the curve. */
static EVP_PKEY *ec_key(const struct json_value *jwk)
{
    enum { UNCOMPRESSED = 4 };
    uint8_t x[NUMBER_MAX];
    uint8_t y[NUMBER_MAX];
    uint8_t point[1 + 2 * POINT_HALF] = {UNCOMPRESSED};
    size_t x_len;
    size_t y_len;
    CLEANUP(cleanup_OSSL_PARAM_BLD_free) OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    if (builder == NULL || !read_bytes(jwk, "x", x, &x_len) || !read_bytes(jwk, "y", y, &y_len) ||
        x_len != POINT_HALF || y_len != POINT_HALF) {
        return NULL;
    }
    memcpy(point + 1, x, POINT_HALF);
    memcpy(point + 1 + POINT_HALF, y, POINT_HALF);
    if (OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) !=
            1 ||
        OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point) !=
            1) {
        return NULL;
    }
    return key_of_parameters("EC", builder);
}

static EVP_PKEY *okp_key(const struct json_value *jwk)
{
    uint8_t bytes[NUMBER_MAX];
    size_t len;
    return read_bytes(jwk, "x", bytes, &len)
               ? EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, bytes, len)
               : NULL;
}

static const struct {
    const char *type;
    const char *curve; /* NULL: it has none */
    EVP_PKEY *(*read)(const struct json_value *jwk);
} TYPES[] = {
    {"RSA", NULL, rsa_key},
    {"EC", "P-256", ec_key},
    {"OKP", "Ed25519", okp_key},
};

/* Whether one is left out: for encrypting, or of a kind that is not for this. */
static bool is_other_kind(const struct json_value *jwk, size_t type)
{
    enum jws_algorithm algorithm;
    return json_member(jwk, "kty") == NULL || type == sizeof TYPES / sizeof TYPES[0] ||
           (json_member(jwk, "use") != NULL && !strview_is(json_text(jwk, "use"), "sig")) ||
           (json_member(jwk, "alg") != NULL &&
            !jws_algorithm_parse(json_text(jwk, "alg"), &algorithm));
}

static size_t type_of(const struct json_value *jwk)
{
    size_t i = 0;
    while (i < sizeof TYPES / sizeof TYPES[0] &&
           (!strview_is(json_text(jwk, "kty"), TYPES[i].type) ||
            (TYPES[i].curve != NULL && !strview_is(json_text(jwk, "crv"), TYPES[i].curve)))) {
        i++;
    }
    return i;
}

static enum error_kind read_names(const struct json_value *jwk, struct jws_key *key,
                                  struct error *err)
{
    const struct json_value *kid = json_member(jwk, "kid");
    enum jws_algorithm algorithm;
    if (kid != NULL && (kid->type != JSON_STRING || kid->text.len > JWS_KID_MAX)) {
        return error_set(err, ERROR_FATAL, "a kid is no text of at most %d bytes", JWS_KID_MAX);
    }
    if (kid != NULL) {
        key->has_kid = true;
        key->kid_len = kid->text.len;
        memcpy(key->kid, kid->text.data, kid->text.len);
    }
    if (jws_algorithm_parse(json_text(jwk, "alg"), &algorithm)) {
        key->algorithms &= 1U << algorithm;
    }
    return ERROR_NONE;
}

static enum error_kind read_jwk(const struct json_value *jwk, struct jws_keys *keys,
                                struct error *err)
{
    const size_t type = type_of(jwk);
    if (json_member(jwk, "d") != NULL || strview_is(json_text(jwk, "kty"), "oct")) {
        return error_set(err, ERROR_FATAL,
                         "it holds a private or symmetric key: only public ones belong here");
    }
    if (is_other_kind(jwk, type)) {
        return ERROR_NONE;
    }
    struct jws_key key = {.key = TYPES[type].read(jwk)};
    if (key.key == NULL) {
        return error_set(err, ERROR_FATAL, "a key of kty %s is not well-formed", TYPES[type].type);
    }
    key.algorithms = jws_algorithms_of(key.key);
    const enum error_kind kind = read_names(jwk, &key, err);
    if (kind != ERROR_NONE) {
        EVP_PKEY_free(key.key);
        return kind;
    }
    return jws_keys_add(keys, &key, err);
}

enum error_kind jws_read_set(struct strview bytes, struct jws_keys *keys, struct error *err)
{
    const struct json_value *set;
    CLEANUP(arena_done) struct arena arena = ARENA(ARENA_MAX);
    enum error_kind kind = json_parse(bytes, &arena, &set, err);
    if (kind != ERROR_NONE) {
        err->kind = ERROR_FATAL;
        return error_context(err, "no JWK set");
    }
    const struct json_value *list = json_member(set, "keys");
    if (list == NULL || list->type != JSON_ARRAY) {
        return error_set(err, ERROR_FATAL, "no JWK set: it has no array \"keys\"");
    }
    for (const struct json_value *jwk = list->first; jwk != NULL && kind == ERROR_NONE;
         jwk = jwk->next) {
        kind = read_jwk(jwk, keys, err);
    }
    return kind;
}
