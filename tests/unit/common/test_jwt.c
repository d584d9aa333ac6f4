/* SPDX-License-Identifier: Apache-2.0 */
/* JSON Web Tokens: which are taken, and each way in which one is not. Keys are made anew for each
 * run, and tokens signed with them here. The cases are written from RFC 7515, 7519 and 8725. */
#include "common/base/arena.h"
#include "common/base/error.h"
#include "common/io/digest.h"
#include "common/run/auth_jwt.h"
#include "common/run/jwt.h"
#include "common/run/settings.h"
#include "tests/support/check_main.h"

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <unistd.h>

enum { TEXT_MAX = 32 << 10, NOW_S = 1700000000 };
#define NOW_MS (INT64_C(1000) * NOW_S)

/* Two of a kind: the keys in the file, and somebody else's. */
enum key { RSA_KEY = 0, P256_KEY, ED_KEY, OTHER_RSA, OTHER_EC, OTHER_ED, P384_KEY, KEYS };

static EVP_PKEY *keys[KEYS];
static char path[] = "/tmp/orderspine-jwt-XXXXXX";
static struct error err;

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

enum maker { BY_RS256 = 0, BY_PS256, BY_ES256, BY_EDDSA, BY_ES256_DER, BY_HMAC, BY_NOBODY };

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

static const char *make(const char *header, const char *claims, enum maker maker, enum key key)
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

static void put_ed(FILE *file, enum key key, const char *names)
{
    uint8_t bytes[32];
    size_t len = sizeof bytes;
    char x[128];
    ck_assert_int_eq(EVP_PKEY_get_raw_public_key(keys[key], bytes, &len), 1);
    (void)fprintf(file, "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",%s\"x\":\"%s\"}", names,
                  base64url(bytes, len, x));
}

static void write_text(const char *text)
{
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    (void)fputs(text, file);
    ck_assert_int_eq(fclose(file), 0);
}

static void write_set(void)
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

static void write_pem(const enum key *which, size_t count)
{
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    for (size_t i = 0; i < count; i++) {
        ck_assert_int_eq(PEM_write_PUBKEY(file, keys[which[i]]), 1);
    }
    ck_assert_int_eq(fclose(file), 0);
}

/* ---- asking -------------------------------------------------------------------------------- */

static struct auth_jwt *jwt;
static struct digest *digest;

static void make_keys(void)
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

static void drop_keys(void)
{
    for (size_t i = 0; i < KEYS; i++) {
        EVP_PKEY_free(keys[i]);
    }
    (void)unlink(path);
}

static const struct common_settings COMMON = {
    .auth_jwt_key_file = path,
    .auth_jwt_issuer = "https://id.example",
    .auth_jwt_audience = "orderspine",
    .auth_jwt_leeway_ms = 30000,
    .auth_jwt_role_claim = "role",
    .auth_jwt_subject_claim = "sub",
    .auth_jwt_customer_claim = "customer_id",
};

static void setup(void)
{
    write_set();
    ck_assert_int_eq(digest_new(&digest, &err), ERROR_NONE);
    ck_assert_int_eq(auth_jwt_new(&COMMON, &jwt, &err), ERROR_NONE);
}

static void teardown(void)
{
    auth_jwt_free(jwt);
    digest_free(digest);
    jwt = NULL;
}

static const struct principal *look_up(const char *token, int64_t now_ms)
{
    uint8_t hash[DIGEST_LEN];
    const struct strview view = strview_of(token);
    ck_assert(digest_of(digest, &view, 1, hash));
    return auth_jwt_lookup(jwt, view, hash, now_ms);
}

/* The core's word on a token that need not be signed. */
static enum jwt_fault judge(const char *token)
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

#define CLAIMS(more)                                                                               \
    "{\"iss\":\"https://id.example\",\"aud\":\"orderspine\",\"exp\":1700000060," more "}"
#define GOOD CLAIMS("\"role\":\"agent\",\"sub\":\"alice\"")

/* ---- those that are taken ------------------------------------------------------------------ */

static const struct {
    const char *header;
    enum maker maker;
    enum key key;
} TAKEN[] = {
    {"{\"alg\":\"RS256\",\"kid\":\"r\"}", BY_RS256, RSA_KEY},
    {"{\"alg\":\"PS256\",\"kid\":\"r\",\"typ\":\"JWT\"}", BY_PS256, RSA_KEY},
    {"{\"alg\":\"ES256\",\"kid\":\"e\",\"typ\":\"at+JWT\"}", BY_ES256, P256_KEY},
    {"{\"alg\":\"EdDSA\",\"kid\":\"d\",\"typ\":\"application/at+jwt\"}", BY_EDDSA, ED_KEY},
};

START_TEST(a_signed_token_gives_its_role_and_subject)
{
    const struct principal *who =
        look_up(make(TAKEN[_i].header, GOOD, TAKEN[_i].maker, TAKEN[_i].key), NOW_MS);

    ck_assert_ptr_nonnull(who);
    ck_assert_int_eq(who->role, ROLE_AGENT);
    ck_assert_str_eq(who->subject, "alice");
    ck_assert(!who->is_anyone);
    ck_assert_int_eq(who->until_ms, NOW_MS + 90000);
}
END_TEST

static const char *const TAKEN_CLAIMS[] = {
    GOOD,
    CLAIMS("\"role\":[\"offline\",\"agent\",7],\"sub\":\"alice\""),
    CLAIMS("\"role\":\"customer\",\"sub\":\"a b\",\"customer_id\":\"c-1\""),
    CLAIMS("\"role\":\"agent\",\"sub\":\"alice\",\"nbf\":1700000030"),
    "{\"iss\":\"https://id.example\",\"aud\":[\"x\",\"orderspine\"],\"exp\":1699999971,"
    "\"role\":\"agent\",\"sub\":\"alice\"}",
    "{\"iss\":\"https://id.example\",\"aud\":\"orderspine\",\"exp\":253402300799,"
    "\"role\":\"agent\",\"sub\":\"alice\"}",
};

START_TEST(these_claims_are_believed)
{
    ck_assert_str_eq(
        jwt_fault_text(judge(make("{\"alg\":\"EdDSA\"}", TAKEN_CLAIMS[_i], BY_EDDSA, ED_KEY))),
        jwt_fault_text(JWT_FAULT_NONE));
}
END_TEST

/* ---- those that are not: signatures and keys ----------------------------------------------- */

static const struct {
    const char *header;
    enum maker maker;
    enum key key;
} REFUSED[] = {
    {"{\"alg\":\"none\"}", BY_NOBODY, RSA_KEY},
    {"{\"alg\":\"None\",\"kid\":\"r\"}", BY_RS256, RSA_KEY},
    {"{\"alg\":\"HS256\",\"kid\":\"r\"}", BY_HMAC, RSA_KEY},
    {"{\"alg\":\"RS256\",\"kid\":\"r\"}", BY_HMAC, RSA_KEY},
    {"{\"alg\":\"ES256\",\"kid\":\"e\"}", BY_HMAC, P256_KEY},
    {"{\"alg\":\"EdDSA\",\"kid\":\"d\"}", BY_HMAC, ED_KEY},
    {"{\"alg\":\"RS256\",\"kid\":\"r\"}", BY_NOBODY, RSA_KEY},
    {"{\"alg\":\"RS256\",\"kid\":\"r\"}", BY_RS256, OTHER_RSA},
    {"{\"alg\":\"ES256\",\"kid\":\"e\"}", BY_ES256, OTHER_EC},
    {"{\"alg\":\"EdDSA\",\"kid\":\"d\"}", BY_EDDSA, OTHER_ED},
    {"{\"alg\":\"RS256\",\"kid\":\"who\"}", BY_RS256, RSA_KEY},
    {"{\"alg\":\"RS256\",\"kid\":\"\"}", BY_RS256, RSA_KEY},
    {"{\"alg\":\"RS256\",\"kid\":7}", BY_RS256, RSA_KEY},
    {"{\"alg\":\"RS256\"}", BY_RS256, RSA_KEY},
    {"{\"alg\":\"RS256\",\"kid\":\"enc\"}", BY_RS256, OTHER_RSA},
    {"{\"alg\":\"RS256\",\"kid\":\"oaep\"}", BY_RS256, OTHER_RSA},
    {"{\"alg\":\"RS256\",\"kid\":\"e\"}", BY_RS256, RSA_KEY},
    {"{\"alg\":\"EdDSA\",\"kid\":\"e\"}", BY_ES256, P256_KEY},
    {"{\"alg\":\"ES256\",\"kid\":\"d\"}", BY_EDDSA, ED_KEY},
    {"{\"alg\":\"PS256\",\"kid\":\"r\"}", BY_RS256, RSA_KEY},
    {"{\"alg\":\"RS256\",\"kid\":\"r\"}", BY_PS256, RSA_KEY},
    {"{\"alg\":\"RS384\",\"kid\":\"r\"}", BY_RS256, RSA_KEY},
    {"{\"alg\":\"ES256\",\"kid\":\"e\"}", BY_ES256_DER, P256_KEY},
    {"{\"alg\":[\"RS256\"],\"kid\":\"r\"}", BY_RS256, RSA_KEY},
    {"{\"alg\":\"RS256\",\"alg\":\"RS256\",\"kid\":\"r\"}", BY_RS256, RSA_KEY},
    {"{\"alg\":\"RS256\",\"kid\":\"r\",\"crit\":[\"b64\"],\"b64\":false}", BY_RS256, RSA_KEY},
    {"{\"alg\":\"RS256\",\"kid\":\"r\",\"typ\":\"JWE\"}", BY_RS256, RSA_KEY},
    {"{\"alg\":\"RS256\",\"kid\":\"r\",\"typ\":null}", BY_RS256, RSA_KEY},
    {"[\"RS256\"]", BY_RS256, RSA_KEY},
    {"{\"alg\":\"RS256\",\"kid\":\"r\"} x", BY_RS256, RSA_KEY},
    {"{\"kid\":\"r\"}", BY_RS256, RSA_KEY},
};

START_TEST(a_token_that_no_key_proves_gives_nobody)
{
    ck_assert_ptr_null(
        look_up(make(REFUSED[_i].header, GOOD, REFUSED[_i].maker, REFUSED[_i].key), NOW_MS));
}
END_TEST

START_TEST(a_changed_token_gives_nobody)
{
    char token[TEXT_MAX];
    const char *header = "{\"alg\":\"EdDSA\",\"kid\":\"d\"}";
    (void)snprintf(token, sizeof token, "%s", make(header, GOOD, BY_EDDSA, ED_KEY));
    const size_t len = strlen(token);

    for (size_t i = 0; i < len; i++) {
        const char was = token[i];
        token[i] = was == 'A' ? 'B' : 'A';
        ck_assert_ptr_null(look_up(token, NOW_MS));
        token[i] = was;
    }

    ck_assert_ptr_nonnull(look_up(token, NOW_MS));
}
END_TEST

/* ---- those that are not: form -------------------------------------------------------------- */

/* e30 is {}, eyJhbGciOiJFZERTQSJ9 is {"alg":"EdDSA"}. */
static const struct {
    const char *token;
    enum jwt_fault fault;
} FORMS[] = {
    {"", JWT_FAULT_FORM},
    {"..", JWT_FAULT_FORM},
    {"eyJhbGciOiJFZERTQSJ9.e30", JWT_FAULT_FORM},
    {"eyJhbGciOiJFZERTQSJ9.e30.", JWT_FAULT_FORM},
    {"eyJhbGciOiJFZERTQSJ9..AA", JWT_FAULT_FORM},
    {".e30.AA", JWT_FAULT_FORM},
    {"eyJhbGciOiJFZERTQSJ9.e30.AA.AA", JWT_FAULT_FORM},
    {"eyJhbGciOiJFZERTQSJ9.e30.AA.AA.AA", JWT_FAULT_FORM},
    {"eyJhbGciOiJFZERTQSJ9.e30=.AA", JWT_FAULT_FORM},
    {"eyJhbGciOiJFZERTQSJ9.e30.AB", JWT_FAULT_FORM},
    {"eyJhbGciOiJFZERTQSJ9.e31.AA", JWT_FAULT_FORM},
    {"eyJhbGciOiJFZERTQSJ9.e30.A/8", JWT_FAULT_FORM},
    {"eyJhbGciOiJFZERTQSJ9.e30.A", JWT_FAULT_FORM},
    {"AAAA.e30.AA", JWT_FAULT_HEADER},
    {"eyJhbGciOiJFZERTQSJ9.AAAA.AA", JWT_FAULT_CLAIMS},
    {"eyJhbGciOiJFZERTQSJ9.e30.AA", JWT_FAULT_EXPIRY},
};

START_TEST(what_has_not_the_form_is_refused)
{
    ck_assert_str_eq(jwt_fault_text(judge(FORMS[_i].token)), jwt_fault_text(FORMS[_i].fault));
}
END_TEST

START_TEST(a_token_has_at_most_8192_bytes)
{
    char claims[8 << 10];
    (void)snprintf(claims, sizeof claims, CLAIMS("\"role\":\"agent\",\"sub\":\"a\",\"x\":\"%0*d\""),
                   6500, 0);
    ck_assert_str_eq(jwt_fault_text(judge(make("{\"alg\":\"EdDSA\"}", claims, BY_EDDSA, ED_KEY))),
                     jwt_fault_text(JWT_FAULT_LONG));
    (void)snprintf(claims, sizeof claims, CLAIMS("\"role\":\"agent\",\"sub\":\"a\",\"x\":\"%0*d\""),
                   5500, 0);
    ck_assert_str_eq(jwt_fault_text(judge(make("{\"alg\":\"EdDSA\"}", claims, BY_EDDSA, ED_KEY))),
                     jwt_fault_text(JWT_FAULT_NONE));
}
END_TEST

/* Whatever stands in it: small values take the most memory. */
START_TEST(a_token_of_that_length_can_be_read)
{
    char list[4001];
    char claims[8 << 10];
    for (size_t i = 0; i < sizeof list - 1; i++) {
        list[i] = i % 2 == 0 ? '1' : ',';
    }
    list[sizeof list - 2] = '\0';
    (void)snprintf(claims, sizeof claims, CLAIMS("\"role\":\"agent\",\"sub\":\"a\",\"x\":[%s]"),
                   list);
    ck_assert_str_eq(jwt_fault_text(judge(make("{\"alg\":\"EdDSA\"}", claims, BY_EDDSA, ED_KEY))),
                     jwt_fault_text(JWT_FAULT_NONE));
}
END_TEST

/* ---- those that are not: claims ------------------------------------------------------------ */

#define WITH_EXP(exp)                                                                              \
    "{\"iss\":\"https://id.example\",\"aud\":\"orderspine\",\"role\":\"agent\",\"sub\":\"a\","     \
    "\"exp\":" exp "}"
#define WITH_AUD(aud)                                                                              \
    "{\"iss\":\"https://id.example\",\"role\":\"agent\",\"sub\":\"a\",\"exp\":1700000060,"         \
    "\"aud\":" aud "}"
#define WITH_ISS(iss)                                                                              \
    "{\"aud\":\"orderspine\",\"role\":\"agent\",\"sub\":\"a\",\"exp\":1700000060,\"iss\":" iss "}"

static const struct {
    const char *claims;
    enum jwt_fault fault;
} CLAIMED[] = {
    {"[]", JWT_FAULT_CLAIMS},
    {"7", JWT_FAULT_CLAIMS},
    {CLAIMS("\"sub\":\"a\",\"sub\":\"a\",\"role\":\"agent\""), JWT_FAULT_CLAIMS},
    {CLAIMS("\"sub\":\"a\",\"exp\":1800000000,\"role\":\"agent\""), JWT_FAULT_CLAIMS},
    {WITH_EXP("1699999970"), JWT_FAULT_EXPIRED},
    {WITH_EXP("0"), JWT_FAULT_EXPIRED},
    {WITH_EXP("-1"), JWT_FAULT_EXPIRY},
    {WITH_EXP("\"1700000060\""), JWT_FAULT_EXPIRY},
    {WITH_EXP("1700000060.5"), JWT_FAULT_EXPIRY},
    {WITH_EXP("1e300"), JWT_FAULT_EXPIRY},
    {WITH_EXP("null"), JWT_FAULT_EXPIRY},
    {WITH_EXP("253402300800"), JWT_FAULT_EXPIRY},
    {WITH_EXP("9223372036854775807"), JWT_FAULT_EXPIRY},
    {WITH_EXP("9223372036854775808"), JWT_FAULT_EXPIRY},
    {WITH_EXP("1700000060,\"nbf\":1700000031"), JWT_FAULT_EARLY},
    {WITH_EXP("1700000060,\"nbf\":\"0\""), JWT_FAULT_BEGIN},
    {WITH_EXP("1700000060,\"nbf\":9223372036854775807"), JWT_FAULT_BEGIN},
    {WITH_ISS("\"https://id.example/\""), JWT_FAULT_ISSUER},
    {WITH_ISS("[\"https://id.example\"]"), JWT_FAULT_ISSUER},
    {WITH_ISS("\"https://id.example\\u0000\""), JWT_FAULT_CLAIMS},
    {"{\"aud\":\"orderspine\",\"exp\":1700000060,\"role\":\"agent\",\"sub\":\"a\"}",
     JWT_FAULT_ISSUER},
    {WITH_AUD("\"orderspine2\""), JWT_FAULT_AUDIENCE},
    {WITH_AUD("\"\""), JWT_FAULT_AUDIENCE},
    {WITH_AUD("[]"), JWT_FAULT_AUDIENCE},
    {WITH_AUD("[\"x\",7]"), JWT_FAULT_AUDIENCE},
    {WITH_AUD("{\"a\":\"orderspine\"}"), JWT_FAULT_AUDIENCE},
    {WITH_AUD("null"), JWT_FAULT_AUDIENCE},
    {CLAIMS("\"sub\":\"a\""), JWT_FAULT_ROLE},
    {CLAIMS("\"sub\":\"a\",\"role\":\"root\""), JWT_FAULT_ROLE},
    {CLAIMS("\"sub\":\"a\",\"role\":\"Agent\""), JWT_FAULT_ROLE},
    {CLAIMS("\"sub\":\"a\",\"role\":[\"agent\",\"operator\"]"), JWT_FAULT_ROLE},
    {CLAIMS("\"sub\":\"a\",\"role\":[]"), JWT_FAULT_ROLE},
    {CLAIMS("\"sub\":\"a\",\"role\":{\"agent\":true}"), JWT_FAULT_ROLE},
    {CLAIMS("\"role\":\"agent\""), JWT_FAULT_SUBJECT},
    {CLAIMS("\"role\":\"agent\",\"sub\":\"\""), JWT_FAULT_SUBJECT},
    {CLAIMS("\"role\":\"agent\",\"sub\":7"), JWT_FAULT_SUBJECT},
    {CLAIMS("\"role\":\"agent\",\"sub\":\"a:b\""), JWT_FAULT_SUBJECT},
    {CLAIMS("\"role\":\"customer\",\"sub\":\"c-1\""), JWT_FAULT_SUBJECT},
    {CLAIMS("\"role\":\"agent\",\"sub\":"
            "\"12345678901234567890123456789012345678901234567890123456789012345\""),
     JWT_FAULT_SUBJECT},
};

START_TEST(claims_that_do_not_hold_are_refused)
{
    ck_assert_str_eq(
        jwt_fault_text(judge(make("{\"alg\":\"EdDSA\"}", CLAIMED[_i].claims, BY_EDDSA, ED_KEY))),
        jwt_fault_text(CLAIMED[_i].fault));
}
END_TEST

/* ---- what is kept -------------------------------------------------------------------------- */

START_TEST(a_checked_token_is_known_until_it_expires)
{
    char token[TEXT_MAX];
    (void)snprintf(token, sizeof token, "%s", make(TAKEN[0].header, GOOD, BY_RS256, RSA_KEY));
    ck_assert_ptr_nonnull(look_up(token, NOW_MS));

    ck_assert_ptr_nonnull(look_up(token, NOW_MS + 89999));
    ck_assert_ptr_null(look_up(token, NOW_MS + 90000));
    ck_assert_ptr_nonnull(look_up(token, NOW_MS));
}
END_TEST

START_TEST(other_keys_prove_nothing_of_before)
{
    static const enum key OTHER[] = {OTHER_ED};
    char token[TEXT_MAX];
    struct jws_keys *others = NULL;
    (void)snprintf(token, sizeof token, "%s", make(TAKEN[3].header, GOOD, BY_EDDSA, ED_KEY));
    ck_assert_ptr_nonnull(look_up(token, NOW_MS));
    write_pem(OTHER, 1);

    ck_assert_int_eq(auth_jwt_read_keys(jwt, &others, &err), ERROR_NONE);
    auth_jwt_take_keys(jwt, others);

    ck_assert_ptr_null(look_up(token, NOW_MS));
    ck_assert_ptr_nonnull(look_up(make(TAKEN[3].header, GOOD, BY_EDDSA, OTHER_ED), NOW_MS));
}
END_TEST

/* ---- the keys' file ------------------------------------------------------------------------ */

START_TEST(keys_of_a_pem_file_answer_to_every_kid)
{
    static const enum key BOTH[] = {OTHER_RSA, RSA_KEY, P256_KEY};
    struct jws_keys *read = NULL;
    write_pem(BOTH, 3);

    ck_assert_int_eq(auth_jwt_read_keys(jwt, &read, &err), ERROR_NONE);
    auth_jwt_take_keys(jwt, read);

    ck_assert_ptr_nonnull(look_up(make("{\"alg\":\"RS256\"}", GOOD, BY_RS256, RSA_KEY), NOW_MS));
    ck_assert_ptr_nonnull(
        look_up(make("{\"alg\":\"PS256\",\"kid\":\"x\"}", GOOD, BY_PS256, OTHER_RSA), NOW_MS));
    ck_assert_ptr_null(look_up(make("{\"alg\":\"ES256\"}", GOOD, BY_ES256, OTHER_EC), NOW_MS));
}
END_TEST

static const struct {
    const char *text;
    const char *says;
} FILES[] = {
    {"", "no key for"},
    {"hello\n", "no key for"},
    {"{\"keys\":[]}", "no key for"},
    {"{}", "no array \"keys\""},
    {"{\"keys\":{}}", "no array \"keys\""},
    {"{\"keys\":[", "no JWK set"},
    {"{\"keys\":[{\"kty\":\"oct\",\"k\":\"AA\"}]}", "private or symmetric"},
    {"{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AA\",\"d\":\"AA\"}]}",
     "private or symmetric"},
    {"{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AA\"}]}", "not well-formed"},
    {"{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\"}]}", "not well-formed"},
    {"{\"keys\":[{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"}]}", "none of RSA"},
    {"{\"keys\":[{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQ\"}]}", "not well-formed"},
    {"{\"keys\":[{\"kty\":\"RSA\",\"n\":\"\",\"e\":\"AQAB\"}]}", "not well-formed"},
    {"{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AA\",\"y\":\"AA\"}]}",
     "not well-formed"},
    /* not on the curve */
    {"{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
     "AAE\",\"y\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE\"}]}",
     "not well-formed"},
    {"{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-384\",\"x\":\"AA\",\"y\":\"AA\"}]}", "no key for"},
    {"{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":7,\"x\":"
     "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE\"}]}",
     "a kid is no text"},
    {"-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n", "private key"},
    {"-----BEGIN EC PRIVATE KEY-----\nAA==\n-----END EC PRIVATE KEY-----\n", "private key"},
    {"-----BEGIN PUBLIC KEY-----\nAA==\n-----END PUBLIC KEY-----\n", "no public key"},
    {"-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n", "no public key"},
    {"-----BEGIN PUBLIC KEY-----\nAA==\n", "damaged"},
};

START_TEST(a_file_that_holds_no_good_keys_is_refused)
{
    struct jws_keys *read = NULL;
    write_text(FILES[_i].text);

    ck_assert_int_eq(auth_jwt_read_keys(jwt, &read, &err), ERROR_FATAL);

    ck_assert_msg(strstr(err.text, FILES[_i].says) != NULL, "%s", err.text);
    ck_assert_msg(strstr(err.text, path) != NULL, "%s", err.text);
    ck_assert_ptr_null(read);
}
END_TEST

/* Indented, say, in somebody's YAML: libcrypto passes over it without a word. */
START_TEST(a_block_that_is_not_found_is_not_left_out)
{
    char pem[4096];
    struct jws_keys *read = NULL;
    FILE *file = fmemopen(pem, sizeof pem, "w");
    (void)PEM_write_PUBKEY(file, keys[ED_KEY]);
    (void)fputs("  ", file);
    (void)PEM_write_PUBKEY(file, keys[OTHER_ED]);
    ck_assert_int_eq(fclose(file), 0);
    write_text(pem);

    ck_assert_int_eq(auth_jwt_read_keys(jwt, &read, &err), ERROR_FATAL);

    ck_assert_msg(strstr(err.text, "damaged") != NULL, "%s", err.text);
    ck_assert_ptr_null(read);
}
END_TEST

START_TEST(a_key_that_is_not_for_this_is_refused)
{
    static const enum key P384[] = {ED_KEY, P384_KEY};
    struct jws_keys *read = NULL;
    write_pem(P384, 2);

    ck_assert_int_eq(auth_jwt_read_keys(jwt, &read, &err), ERROR_FATAL);

    ck_assert_ptr_nonnull(strstr(err.text, "none of RSA"));
}
END_TEST

/* To the power of one a signature is its own proof: anybody can write it. */
START_TEST(an_exponent_that_proves_nothing_is_refused_in_pem_too)
{
    BIGNUM *n = NULL;
    EVP_PKEY *key = NULL;
    struct jws_keys *read = NULL;
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    ck_assert_int_eq(EVP_PKEY_get_bn_param(keys[RSA_KEY], OSSL_PKEY_PARAM_RSA_N, &n), 1);
    ck_assert_int_eq(OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n), 1);
    ck_assert_int_eq(OSSL_PARAM_BLD_push_uint(builder, OSSL_PKEY_PARAM_RSA_E, 1), 1);
    OSSL_PARAM *parameters = OSSL_PARAM_BLD_to_param(builder);
    ck_assert_int_eq(EVP_PKEY_fromdata_init(context), 1);
    ck_assert_int_eq(EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters), 1);
    FILE *file = fopen(path, "w");
    ck_assert_int_eq(PEM_write_PUBKEY(file, key), 1);
    ck_assert_int_eq(fclose(file), 0);

    ck_assert_int_eq(auth_jwt_read_keys(jwt, &read, &err), ERROR_FATAL);

    ck_assert_ptr_null(read);
    EVP_PKEY_free(key);
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_free(parameters);
    OSSL_PARAM_BLD_free(builder);
    BN_free(n);
}
END_TEST

START_TEST(there_are_at_most_16_keys_each_with_its_own_kid)
{
    enum key many[17];
    struct jws_keys *read = NULL;
    for (size_t i = 0; i < 17; i++) {
        many[i] = ED_KEY;
    }
    write_pem(many, 16);
    ck_assert_int_eq(auth_jwt_read_keys(jwt, &read, &err), ERROR_NONE);
    auth_jwt_take_keys(jwt, read);
    write_pem(many, 17);
    ck_assert_int_eq(auth_jwt_read_keys(jwt, &read, &err), ERROR_FATAL);
    ck_assert_ptr_nonnull(strstr(err.text, "more than 16"));

    FILE *file = fopen(path, "w");
    (void)fputs("{\"keys\":[", file);
    put_ed(file, ED_KEY, "\"kid\":\"k\",");
    (void)fputs(",", file);
    put_ed(file, OTHER_ED, "\"kid\":\"k\",");
    (void)fputs("]}", file);
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_int_eq(auth_jwt_read_keys(jwt, &read, &err), ERROR_FATAL);
    ck_assert_ptr_nonnull(strstr(err.text, "the kid \"k\""));
}
END_TEST

START_TEST(a_file_has_at_most_256_kib_and_must_be_there)
{
    struct jws_keys *read = NULL;
    FILE *file = fopen(path, "w");
    for (size_t i = 0; i < 257; i++) {
        (void)fprintf(file, "%1024d", 0);
    }
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_int_eq(auth_jwt_read_keys(jwt, &read, &err), ERROR_FATAL);
    ck_assert_ptr_nonnull(strstr(err.text, "more than"));

    ck_assert_int_eq(unlink(path), 0);
    ck_assert_int_eq(auth_jwt_read_keys(jwt, &read, &err), ERROR_FATAL);
    ck_assert_ptr_nonnull(strstr(err.text, "cannot read"));
}
END_TEST

static const struct {
    const char *file;
    const char *audience;
    const char *issuer;
    size_t faults;
} SETTINGS[] = {
    {NULL, NULL, NULL, 0}, {"/x", "a", NULL, 0}, {"/x", "a", "i", 0},
    {"/x", NULL, NULL, 1}, {NULL, "a", NULL, 1}, {NULL, NULL, "i", 1},
};

START_TEST(keys_and_audience_are_set_together)
{
    static const struct settings_schema EMPTY = {.service = "x"};
    char *env[] = {NULL};
    struct settings *settings = settings_load(&EMPTY, env, NULL);
    const struct common_settings common = {.auth_jwt_key_file = SETTINGS[_i].file,
                                           .auth_jwt_audience = SETTINGS[_i].audience,
                                           .auth_jwt_issuer = SETTINGS[_i].issuer};

    auth_jwt_check_settings(&common, settings);

    ck_assert_uint_eq(settings_fault_count(settings), SETTINGS[_i].faults);
    settings_free(settings);
}
END_TEST

#define COUNT(list) (int)(sizeof(list) / sizeof(list)[0])

int main(void)
{
    Suite *suite = suite_create("common/run/jwt");
    TCase *tcase = tcase_create("tokens");
    tcase_add_unchecked_fixture(tcase, make_keys, drop_keys);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, a_signed_token_gives_its_role_and_subject, 0, COUNT(TAKEN));
    tcase_add_loop_test(tcase, these_claims_are_believed, 0, COUNT(TAKEN_CLAIMS));
    tcase_add_loop_test(tcase, a_token_that_no_key_proves_gives_nobody, 0, COUNT(REFUSED));
    tcase_add_test(tcase, a_changed_token_gives_nobody);
    tcase_add_loop_test(tcase, what_has_not_the_form_is_refused, 0, COUNT(FORMS));
    tcase_add_test(tcase, a_token_has_at_most_8192_bytes);
    tcase_add_test(tcase, a_token_of_that_length_can_be_read);
    tcase_add_loop_test(tcase, claims_that_do_not_hold_are_refused, 0, COUNT(CLAIMED));
    tcase_add_test(tcase, a_checked_token_is_known_until_it_expires);
    tcase_add_test(tcase, other_keys_prove_nothing_of_before);
    tcase_add_test(tcase, keys_of_a_pem_file_answer_to_every_kid);
    tcase_add_loop_test(tcase, a_file_that_holds_no_good_keys_is_refused, 0, COUNT(FILES));
    tcase_add_test(tcase, a_block_that_is_not_found_is_not_left_out);
    tcase_add_test(tcase, a_key_that_is_not_for_this_is_refused);
    tcase_add_test(tcase, an_exponent_that_proves_nothing_is_refused_in_pem_too);
    tcase_add_test(tcase, there_are_at_most_16_keys_each_with_its_own_kid);
    tcase_add_test(tcase, a_file_has_at_most_256_kib_and_must_be_there);
    tcase_add_loop_test(tcase, keys_and_audience_are_set_together, 0, COUNT(SETTINGS));
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
