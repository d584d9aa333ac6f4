/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/common/jwt_fixture.h"

#include "common/base/arena.h"
#include "common/io/digest.h"

#include <check.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <string.h>
#include <unistd.h>

EVP_PKEY *keys[KEYS];
char path[] = "/tmp/orderspine-jwt-XXXXXX";
struct error err;

/* ---- making tokens ------------------------------------------------------------------------- */

static const char *base64url(const void *bytes, size_t len, char *text)
{
    static const char DIGITS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const uint8_t *from = bytes;
    char *to = text;
    uint32_t bits = 0;
    unsigned count = 0;
    for (size_t i = 0; i < len; i++) {
        bits = bits << 8 | from[i];
        for (count += 8; count >= 6; count -= 6) {
            *to++ = DIGITS[bits >> (count - 6) & 63];
        }
    }
    if (count > 0) {
        *to++ = DIGITS[bits << (6 - count) & 63];
    }
    *to = '\0';
    return text;
}

static size_t sign_by_key(enum maker maker, EVP_PKEY *key, const char *text, uint8_t *signature)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *of_key;
    size_t len = 1024;
    const EVP_MD *digest = maker == BY_EDDSA ? NULL : EVP_sha256();
    ck_assert_int_eq(EVP_DigestSignInit(context, &of_key, digest, NULL, key), 1);
    if (maker == BY_PS256) {
        ck_assert_int_eq(EVP_PKEY_CTX_set_rsa_padding(of_key, RSA_PKCS1_PSS_PADDING), 1);
        ck_assert_int_eq(EVP_PKEY_CTX_set_rsa_pss_saltlen(of_key, RSA_PSS_SALTLEN_DIGEST), 1);
    }
    ck_assert_int_eq(EVP_DigestSign(context, signature, &len, (const uint8_t *)text, strlen(text)),
                     1);
    EVP_MD_CTX_free(context);
    return len;
}

static size_t bare_pair(uint8_t *signature, size_t len)
{
    const uint8_t *der = signature;
    ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &der, (long)len);
    uint8_t bare[64];
    ck_assert_int_eq(BN_bn2binpad(ECDSA_SIG_get0_r(pair), bare, 32), 32);
    ck_assert_int_eq(BN_bn2binpad(ECDSA_SIG_get0_s(pair), bare + 32, 32), 32);
    ECDSA_SIG_free(pair);
    memcpy(signature, bare, sizeof bare);
    return sizeof bare;
}

/* With the public key, as it stands in a PEM file, for its secret. */
static size_t hmac_by_public_key(EVP_PKEY *key, const char *text, uint8_t *signature)
{
    BIO *pem = BIO_new(BIO_s_mem());
    char *bytes;
    unsigned len;
    ck_assert_int_eq(PEM_write_bio_PUBKEY(pem, key), 1);
    const long pem_len = BIO_get_mem_data(pem, &bytes);
    ck_assert_ptr_nonnull(HMAC(EVP_sha256(), bytes, (int)pem_len, (const uint8_t *)text,
                               strlen(text), signature, &len));
    BIO_free(pem);
    return len;
}

static size_t sign(enum maker maker, EVP_PKEY *key, const char *text, uint8_t *signature)
{
    if (maker == BY_NOBODY) {
        return 0;
    }
    if (maker == BY_HMAC) {
        return hmac_by_public_key(key, text, signature);
    }
    const size_t len = sign_by_key(maker, key, text, signature);
    return maker == BY_ES256 ? bare_pair(signature, len) : len;
}

const char *make(const char *header, const char *claims, enum maker maker, enum key key)
{
    static char token[TEXT_MAX];
    char part[TEXT_MAX / 2];
    uint8_t signature[1024];
    int len = snprintf(token, sizeof token, "%s", base64url(header, strlen(header), part));
    len += snprintf(token + len, sizeof token - (size_t)len, ".%s",
                    base64url(claims, strlen(claims), part));
    const size_t signature_len = sign(maker, keys[key], token, signature);
    (void)snprintf(token + len, sizeof token - (size_t)len, ".%s",
                   base64url(signature, signature_len, part));
    return token;
}

/* ---- the keys' file ------------------------------------------------------------------------ */

static const char *number(EVP_PKEY *key, const char *name, char *text)
{
    uint8_t bytes[1024];
    BIGNUM *value = NULL;
    ck_assert_int_eq(EVP_PKEY_get_bn_param(key, name, &value), 1);
    const int len = BN_bn2bin(value, bytes);
    BN_free(value);
    return base64url(bytes, (size_t)len, text);
}

static const char *coordinate(EVP_PKEY *key, const char *name, char *text)
{
    uint8_t bytes[48];
    BIGNUM *value = NULL;
    ck_assert_int_eq(EVP_PKEY_get_bn_param(key, name, &value), 1);
    ck_assert_int_eq(BN_bn2binpad(value, bytes, 32), 32);
    BN_free(value);
    return base64url(bytes, 32, text);
}

static void put_rsa(FILE *file, enum key key, const char *names)
{
    char n[TEXT_MAX];
    char e[64];
    (void)fprintf(file, "{\"kty\":\"RSA\",%s\"n\":\"%s\",\"e\":\"%s\"}", names,
                  number(keys[key], OSSL_PKEY_PARAM_RSA_N, n),
                  number(keys[key], OSSL_PKEY_PARAM_RSA_E, e));
}

static void put_ec(FILE *file, enum key key, const char *names)
{
    char x[128];
    char y[128];
    (void)fprintf(file, "{\"kty\":\"EC\",\"crv\":\"P-256\",%s\"x\":\"%s\",\"y\":\"%s\"}", names,
                  coordinate(keys[key], OSSL_PKEY_PARAM_EC_PUB_X, x),
                  coordinate(keys[key], OSSL_PKEY_PARAM_EC_PUB_Y, y));
}

void put_ed(FILE *file, enum key key, const char *names)
{
    uint8_t bytes[32];
    size_t len = sizeof bytes;
    char x[128];
    ck_assert_int_eq(EVP_PKEY_get_raw_public_key(keys[key], bytes, &len), 1);
    (void)fprintf(file, "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",%s\"x\":\"%s\"}", names,
                  base64url(bytes, len, x));
}

void write_text(const char *text)
{
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    (void)fputs(text, file);
    ck_assert_int_eq(fclose(file), 0);
}

void write_set(void)
{
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    (void)fputs(" {\"keys\":[", file);
    put_rsa(file, RSA_KEY, "\"kid\":\"r\",");
    (void)fputs(",", file);
    put_ec(file, P256_KEY, "\"kid\":\"e\",\"use\":\"sig\",\"alg\":\"ES256\",");
    (void)fputs(",", file);
    put_ed(file, ED_KEY, "\"kid\":\"d\",");
    (void)fputs(",{\"kty\":\"EC\",\"crv\":\"P-521\",\"kid\":\"unused\"},", file);
    put_rsa(file, OTHER_RSA, "\"kid\":\"enc\",\"use\":\"enc\",");
    (void)fputs(",", file);
    put_rsa(file, OTHER_RSA, "\"kid\":\"oaep\",\"alg\":\"RSA-OAEP\",");
    (void)fputs("]}", file);
    ck_assert_int_eq(fclose(file), 0);
}

void write_pem(const enum key *which, size_t count)
{
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    for (size_t i = 0; i < count; i++) {
        ck_assert_int_eq(PEM_write_PUBKEY(file, keys[which[i]]), 1);
    }
    ck_assert_int_eq(fclose(file), 0);
}

/* ---- asking -------------------------------------------------------------------------------- */

struct auth_jwt *jwt;
static struct digest *digest;

void make_keys(void)
{
    const int fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(close(fd), 0);
    keys[RSA_KEY] = EVP_RSA_gen(2048);
    keys[OTHER_RSA] = EVP_RSA_gen(2048);
    keys[P256_KEY] = EVP_EC_gen("P-256");
    keys[OTHER_EC] = EVP_EC_gen("P-256");
    keys[P384_KEY] = EVP_EC_gen("P-384");
    keys[ED_KEY] = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    keys[OTHER_ED] = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
}

void drop_keys(void)
{
    for (size_t i = 0; i < KEYS; i++) {
        EVP_PKEY_free(keys[i]);
    }
    (void)unlink(path);
}

const struct common_settings COMMON = {
    .auth_jwt_key_file = path,
    .auth_jwt_issuer = "https://id.example",
    .auth_jwt_audience = "orderspine",
    .auth_jwt_leeway_ms = 30000,
    .auth_jwt_role_claim = "role",
    .auth_jwt_subject_claim = "sub",
    .auth_jwt_customer_claim = "customer_id",
};

void setup(void)
{
    write_set();
    ck_assert_int_eq(digest_new(&digest, &err), ERROR_NONE);
    ck_assert_int_eq(auth_jwt_new(&COMMON, &jwt, &err), ERROR_NONE);
}

void teardown(void)
{
    auth_jwt_free(jwt);
    digest_free(digest);
    jwt = NULL;
}

const struct principal *look_up(const char *token, int64_t now_ms)
{
    uint8_t hash[DIGEST_LEN];
    const struct strview view = strview_of(token);
    ck_assert(digest_of(digest, &view, 1, hash));
    return auth_jwt_lookup(jwt, view, hash, now_ms);
}

/* The core's word on a token that need not be signed. */
enum jwt_fault judge(const char *token)
{
    struct arena arena;
    struct jwt read;
    struct principal who = {.role = ROLE_COUNT};
    const struct jwt_policy policy = {.issuer = COMMON.auth_jwt_issuer,
                                      .audience = COMMON.auth_jwt_audience,
                                      .role_claim = "role",
                                      .subject_claim = "sub",
                                      .customer_claim = "customer_id",
                                      .leeway_ms = 30000};
    arena_init(&arena, JWT_ARENA_MAX);
    enum jwt_fault fault = jwt_read(strview_of(token), &arena, &read);
    if (fault == JWT_FAULT_NONE) {
        fault = jwt_judge(&read, &policy, NOW_MS, &arena, &who);
    }
    ck_assert(fault == JWT_FAULT_NONE || who.role == ROLE_COUNT);
    arena_done(&arena);
    return fault;
}
