/* SPDX-License-Identifier: Apache-2.0 */
/* JSON Web Tokens: which are taken, and each way in which one is not; the cases are written from
 * RFC 7515, 7519 and 8725. */
#include "tests/support/check_main.h"
#include "tests/unit/common/jwt_fixture.h"

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
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
