/* SPDX-License-Identifier: Apache-2.0 */
#include "common/run/auth_jwt.h"

#include "common/base/arena.h"
#include "common/base/cleanup.h"
#include "common/base/must.h"
#include "common/base/news.h"
#include "common/run/jwt.h"
#include "common/run/jwt_memory.h"
#include "common/run/log.h"
#include "common/run/settings.h"

#include <stdlib.h>

struct auth_jwt {
    const char *path;
    struct jwt_policy policy;
    struct jws_keys *keys;
    struct jwt_memory *memory;
    struct arena arena; /* of one token */
    struct news faults[JWT_FAULT_COUNT];
};

DEFINE_CLEANUP(struct auth_jwt *, auth_jwt_free)

void auth_jwt_check_settings(const struct common_settings *common, struct settings *settings)
{
    if (common->auth_jwt_key_file != NULL && common->auth_jwt_audience == NULL) {
        settings_add_fault(settings, "AUTH_JWT_AUDIENCE is not set: say which tokens are meant "
                                     "for this service");
    }
    if (common->auth_jwt_key_file == NULL &&
        (common->auth_jwt_audience != NULL || common->auth_jwt_issuer != NULL)) {
        settings_add_fault(settings, "AUTH_JWT_KEY_FILE is not set: without keys no JWT is taken");
    }
}

enum error_kind auth_jwt_new(const struct common_settings *common, struct auth_jwt **ret_jwt,
                             struct error *err)
{
    CLEANUP(cleanup_auth_jwt_free) struct auth_jwt *jwt = must_allocate(1, sizeof *jwt);
    jwt->path = common->auth_jwt_key_file;
    jwt->policy = (struct jwt_policy){.issuer = common->auth_jwt_issuer,
                                      .audience = common->auth_jwt_audience,
                                      .role_claim = common->auth_jwt_role_claim,
                                      .subject_claim = common->auth_jwt_subject_claim,
                                      .customer_claim = common->auth_jwt_customer_claim,
                                      .leeway_ms = common->auth_jwt_leeway_ms};
    jwt->memory = jwt_memory_new();
    arena_init(&jwt->arena, JWT_ARENA_MAX);
    const enum error_kind kind = auth_jwt_read_keys(jwt, &jwt->keys, err);
    if (kind != ERROR_NONE) {
        return kind;
    }
    *ret_jwt = TAKE_PTR(jwt);
    return ERROR_NONE;
}

void auth_jwt_free(struct auth_jwt *jwt)
{
    if (jwt == NULL) {
        return;
    }
    jws_keys_free(jwt->keys);
    jwt_memory_free(jwt->memory);
    arena_done(&jwt->arena);
    free(jwt);
}

enum error_kind auth_jwt_read_keys(const struct auth_jwt *jwt, struct jws_keys **ret_keys,
                                   struct error *err)
{
    const enum error_kind kind = jws_keys_read(jwt->path, ret_keys, err);
    return kind == ERROR_NONE ? kind : error_context(err, "AUTH_JWT_KEY_FILE");
}

void auth_jwt_take_keys(struct auth_jwt *jwt, struct jws_keys *keys)
{
    jws_keys_free(jwt->keys);
    jwt->keys = keys;
    jwt_memory_forget(jwt->memory);
}

static enum jwt_fault check(struct auth_jwt *jwt, struct strview token, int64_t now_ms,
                            struct principal *ret)
{
    static const enum jwt_fault OF_VERDICT[] = {[JWS_GOOD] = JWT_FAULT_NONE,
                                                [JWS_NO_SUCH_KEY] = JWT_FAULT_KEY,
                                                [JWS_NOT_SIGNED] = JWT_FAULT_SIGNATURE};
    struct jwt read;
    enum jwt_fault fault = jwt_read(token, &jwt->arena, &read);
    if (fault == JWT_FAULT_NONE) {
        fault = OF_VERDICT[jws_keys_check(jwt->keys, read.algorithm, read.kid, read.signed_bytes,
                                          read.signature)];
    }
    return fault != JWT_FAULT_NONE ? fault
                                   : jwt_judge(&read, &jwt->policy, now_ms, &jwt->arena, ret);
}

static void say(struct auth_jwt *jwt, enum jwt_fault fault, int64_t now_ms)
{
    uint64_t times;
    if (news_is_due(&jwt->faults[fault], 1, now_ms, &times)) {
        log_event(LOG_WARN, "jwt_refused", LOG_STR("reason", jwt_fault_text(fault)),
                  LOG_INT("times", times));
    }
}

const struct principal *auth_jwt_lookup(struct auth_jwt *jwt, struct strview token,
                                        const uint8_t *hash, int64_t now_ms)
{
    struct principal who;
    const struct principal *known = jwt_memory_find(jwt->memory, hash, now_ms);
    if (known != NULL) {
        return known;
    }
    arena_reset(&jwt->arena);
    const enum jwt_fault fault = check(jwt, token, now_ms, &who);
    if (fault != JWT_FAULT_NONE) {
        say(jwt, fault, now_ms);
        return NULL;
    }
    return jwt_memory_add(jwt->memory, hash, &who);
}
