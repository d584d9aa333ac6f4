/* SPDX-License-Identifier: Apache-2.0 */
#include "common/run/jwt.h"

#include "common/base/base64url.h"
#include "common/contract/json.h"

#include <stddef.h>
#include <strings.h>

enum { SECOND_MS = 1000 };

/* The last second of the year 9999: what lies behind it is a mistake, or meant to overflow. */
#define TIME_MAX               INT64_C(253402300799)

#define FAULT_TEXT(NAME, text) [JWT_FAULT_##NAME] = (text),
static const char *const TEXTS[] = {JWT_FAULTS(FAULT_TEXT)};

const char *jwt_fault_text(enum jwt_fault fault)
{
    return TEXTS[fault];
}

/* ---- the three parts ----------------------------------------------------------------------- */

bool jwt_looks_like_one(struct strview token)
{
    size_t dots = 0;
    for (size_t i = 0; i < token.len; i++) {
        dots += token.data[i] == '.' ? 1 : 0;
    }
    return dots == 2;
}

/* The part's bytes, in the arena; data is NULL when it is empty or not base64url. */
static struct strview decode(struct strview part, struct arena *arena)
{
    uint8_t *bytes = arena_array(arena, BASE64URL_BYTES(part.len), 1);
    size_t len;
    if (bytes == NULL || part.len == 0 || !base64url_decode(part, bytes, &len)) {
        return (struct strview){0};
    }
    return (struct strview){.data = (const char *)bytes, .len = len};
}

/* NULL when it is no JSON object. */
static const struct json_value *read_object(struct strview bytes, struct arena *arena)
{
    const struct json_value *value;
    struct error err;
    return json_parse(bytes, arena, &value, &err) == ERROR_NONE && value->type == JSON_OBJECT
               ? value
               : NULL;
}

/* RFC 8725 section 3.11: a token made for something else is none. */
static bool is_type(const struct json_value *typ)
{
    static const char *const TYPES[] = {"JWT", "at+jwt", "application/at+jwt"};
    if (typ == NULL) {
        return true;
    }
    for (size_t i = 0; typ->type == JSON_STRING && i < sizeof TYPES / sizeof TYPES[0]; i++) {
        if (typ->text.len == strlen(TYPES[i]) &&
            strncasecmp(typ->text.data, TYPES[i], typ->text.len) == 0) {
            return true;
        }
    }
    return false;
}

static enum jwt_fault read_header(struct strview bytes, struct arena *arena, struct jwt *jwt)
{
    const struct json_value *header = read_object(bytes, arena);
    if (header == NULL) {
        return JWT_FAULT_HEADER;
    }
    const struct json_value *kid = json_member(header, "kid");
    if (!is_type(json_member(header, "typ"))) {
        return JWT_FAULT_TYPE;
    }
    if (json_member(header, "crit") != NULL) {
        return JWT_FAULT_CRITICAL;
    }
    if (!jws_algorithm_parse(json_text(header, "alg"), &jwt->algorithm)) {
        return JWT_FAULT_ALGORITHM;
    }
    if (kid != NULL && kid->type != JSON_STRING) {
        return JWT_FAULT_KEY;
    }
    jwt->kid = kid == NULL ? (struct strview){0} : kid->text;
    return JWT_FAULT_NONE;
}

enum jwt_fault jwt_read(struct strview token, struct arena *arena, struct jwt *ret)
{
    struct strview rest = token;
    if (token.len > JWT_LEN_MAX) {
        return JWT_FAULT_LONG;
    }
    if (!jwt_looks_like_one(token)) {
        return JWT_FAULT_FORM;
    }
    const struct strview header_part = strview_take(&rest, '.');
    const struct strview claims_part = strview_take(&rest, '.');
    struct jwt jwt = {
        .signed_bytes = {token.data, header_part.len + 1 + claims_part.len},
        .signature = decode(rest, arena),
        .claims = decode(claims_part, arena),
    };
    const struct strview header = decode(header_part, arena);
    if (header.data == NULL || jwt.claims.data == NULL || jwt.signature.data == NULL) {
        return JWT_FAULT_FORM;
    }
    const enum jwt_fault fault = read_header(header, arena, &jwt);
    if (fault == JWT_FAULT_NONE) {
        *ret = jwt;
    }
    return fault;
}

/* ---- the claims ---------------------------------------------------------------------------- */

/* What a claim is judged by, and what comes out. */
struct judging {
    const struct json_value *claims;
    const struct jwt_policy *policy;
    int64_t now_ms;
    struct principal *who;
};

typedef enum jwt_fault claim_fn(struct judging *judging);

static bool read_time_ms(const struct json_value *claim, int64_t *ret_ms)
{
    if (claim == NULL || claim->type != JSON_INTEGER || claim->integer < 0 ||
        claim->integer > TIME_MAX) {
        return false;
    }
    *ret_ms = claim->integer * SECOND_MS;
    return true;
}

static enum jwt_fault judge_expiry(struct judging *judging)
{
    int64_t expires_ms;
    if (!read_time_ms(json_member(judging->claims, "exp"), &expires_ms)) {
        return JWT_FAULT_EXPIRY;
    }
    judging->who->until_ms = expires_ms + judging->policy->leeway_ms;
    return judging->now_ms < judging->who->until_ms ? JWT_FAULT_NONE : JWT_FAULT_EXPIRED;
}

static enum jwt_fault judge_begin(struct judging *judging)
{
    const struct json_value *claim = json_member(judging->claims, "nbf");
    int64_t begins_ms = 0;
    if (claim != NULL && !read_time_ms(claim, &begins_ms)) {
        return JWT_FAULT_BEGIN;
    }
    return judging->now_ms + judging->policy->leeway_ms >= begins_ms ? JWT_FAULT_NONE
                                                                     : JWT_FAULT_EARLY;
}

static enum jwt_fault judge_issuer(struct judging *judging)
{
    const struct json_value *claim = json_member(judging->claims, "iss");
    return judging->policy->issuer == NULL || (claim != NULL && claim->type == JSON_STRING &&
                                               strview_is(claim->text, judging->policy->issuer))
               ? JWT_FAULT_NONE
               : JWT_FAULT_ISSUER;
}

/* The claim is a text, or an array of them (RFC 7519 section 4.1.3). */
static enum jwt_fault judge_audience(struct judging *judging)
{
    const struct json_value *claim = json_member(judging->claims, "aud");
    const bool is_list = claim != NULL && claim->type == JSON_ARRAY;
    const struct json_value *name = is_list ? claim->first : claim;
    for (; name != NULL; name = is_list ? name->next : NULL) {
        if (name->type == JSON_STRING && strview_is(name->text, judging->policy->audience)) {
            return JWT_FAULT_NONE;
        }
    }
    return JWT_FAULT_AUDIENCE;
}

/* Two roles of ours in one token would leave open which of them acts. */
static enum jwt_fault judge_role(struct judging *judging)
{
    const struct json_value *claim = json_member(judging->claims, judging->policy->role_claim);
    const bool is_list = claim != NULL && claim->type == JSON_ARRAY;
    const struct json_value *name = is_list ? claim->first : claim;
    size_t roles = 0;
    for (; name != NULL; name = is_list ? name->next : NULL) {
        roles += name->type == JSON_STRING && role_parse(name->text, &judging->who->role) ? 1 : 0;
    }
    return roles == 1 ? JWT_FAULT_NONE : JWT_FAULT_ROLE;
}

static enum jwt_fault judge_subject(struct judging *judging)
{
    const bool is_customer = judging->who->role == ROLE_CUSTOMER;
    const struct json_value *claim =
        json_member(judging->claims,
                    is_customer ? judging->policy->customer_claim : judging->policy->subject_claim);
    if (claim == NULL || claim->type != JSON_STRING || !id_form_fits(claim->text)) {
        return JWT_FAULT_SUBJECT;
    }
    memcpy(judging->who->subject, claim->text.data, claim->text.len);
    judging->who->subject[claim->text.len] = '\0';
    return JWT_FAULT_NONE;
}

enum jwt_fault jwt_judge(const struct jwt *jwt, const struct jwt_policy *policy, int64_t now_ms,
                         struct arena *arena, struct principal *ret)
{
    static claim_fn *const CLAIMS[] = {judge_expiry,   judge_begin, judge_issuer,
                                       judge_audience, judge_role,  judge_subject};
    struct principal who = {.role = ROLE_COUNT};
    struct judging judging = {
        .claims = read_object(jwt->claims, arena), .policy = policy, .now_ms = now_ms, .who = &who};
    enum jwt_fault fault = judging.claims == NULL ? JWT_FAULT_CLAIMS : JWT_FAULT_NONE;
    for (size_t i = 0; fault == JWT_FAULT_NONE && i < sizeof CLAIMS / sizeof CLAIMS[0]; i++) {
        fault = CLAIMS[i](&judging);
    }
    if (fault == JWT_FAULT_NONE) {
        *ret = who;
    }
    return fault;
}
