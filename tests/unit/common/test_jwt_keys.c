/* SPDX-License-Identifier: Apache-2.0 */
/* The file of keys that tokens are proven with, and the settings that name it. */
#include "tests/support/check_main.h"
#include "tests/unit/common/jwt_fixture.h"

#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <unistd.h>

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

int main(void)
{
    Suite *suite = suite_create("common/run/jwt_keys");
    TCase *tcase = tcase_create("keys");
    tcase_add_unchecked_fixture(tcase, make_keys, drop_keys);
    tcase_add_checked_fixture(tcase, setup, teardown);
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
