/* SPDX-License-Identifier: Apache-2.0 */
#include "common/run/doctor_auth.h"

#include "common/base/strbuf.h"
#include "common/run/auth.h"
#include "common/run/settings.h"

#include <string.h>

/* For a container that asks and does not serve, whose settings have to name some file. */
static const char NO_TOKENS[] = "/dev/null";

/* Of one file alone: else the first that is damaged would hide the other. */
static enum error_kind look(const struct common_settings *only, const char *file,
                            struct strbuf *told, struct error *err)
{
    struct auth *auth = NULL;
    if (only->auth == AUTH_OFF || file == NULL) {
        strbuf_append_cstr(told, only->auth == AUTH_OFF ? "none: AUTH=off" : "no file is set");
        return ERROR_NONE;
    }
    const enum error_kind kind = auth_new(only, &auth, err);
    if (kind == ERROR_NONE) {
        strbuf_printf(told, "%s can be used", file);
    }
    auth_free(auth);
    return kind;
}

enum error_kind doctor_auth_tokens(void *part, struct strbuf *told, struct error *err)
{
    struct common_settings only = **(const struct common_settings **)part;
    only.auth_jwt_key_file = NULL;
    if (only.auth == AUTH_TOKENS && only.auth_tokens_file != NULL &&
        strcmp(only.auth_tokens_file, NO_TOKENS) == 0) {
        strbuf_printf(told, "none: AUTH_TOKENS_FILE=%s, with which it cannot serve", NO_TOKENS);
        return ERROR_NONE;
    }
    return look(&only, only.auth_tokens_file, told, err);
}

enum error_kind doctor_auth_keys(void *part, struct strbuf *told, struct error *err)
{
    struct common_settings only = **(const struct common_settings **)part;
    only.auth_tokens_file = NULL;
    return look(&only, only.auth_jwt_key_file, told, err);
}
