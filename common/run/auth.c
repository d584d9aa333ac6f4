/* SPDX-License-Identifier: Apache-2.0 */
#include "common/run/auth.h"

#include "common/base/cleanup.h"
#include "common/base/id_form.h"
#include "common/base/must.h"
#include "common/base/parse.h"
#include "common/io/digest.h"
#include "common/io/http/exchange.h"
#include "common/io/loop.h"
#include "common/io/plain_file.h"
#include "common/run/auth_jwt.h"
#include "common/run/jwt.h"
#include "common/run/settings.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

enum { TOKENS_MAX = 4096 };

DEFINE_CLEANUP(struct auth *, auth_free)

static const struct principal ANYONE = {
    .role = ROLE_OPERATOR, .is_anyone = true, .until_ms = PRINCIPAL_FOR_EVER, .subject = "anyone"};

struct token {
    uint8_t hash[DIGEST_LEN];
    struct principal principal;
};

struct tokens {
    size_t count;
    struct token list[];
};

struct auth {
    enum auth_mode mode;
    const char *path;      /* NULL: no tokens file */
    struct tokens *tokens; /* never NULL while asked, but perhaps none */
    struct auth_jwt *jwt;  /* NULL: no JWT is taken */
    struct digest *digest;
    unsigned epoch;
};

/* --- settings ------------------------------------------------------------------ */

static bool is_loopback(const char *address)
{
    struct in_addr v4;
    struct in6_addr v6;
    if (inet_pton(AF_INET, address, &v4) == 1) {
        return ntohl(v4.s_addr) >> 24 == 127;
    }
    return inet_pton(AF_INET6, address, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

void auth_check_settings(const struct common_settings *common, struct settings *settings)
{
    if (common->auth == AUTH_OFF && !is_loopback(common->listen_address)) {
        settings_add_fault(settings, "AUTH=off is for loopback addresses only, not for %s",
                           common->listen_address);
    }
    if (common->auth == AUTH_TOKENS && common->auth_tokens_file == NULL &&
        common->auth_jwt_key_file == NULL) {
        settings_add_fault(settings, "AUTH_TOKENS_FILE is not set: say who may ask what, there or "
                                     "by AUTH_JWT_KEY_FILE, or AUTH=off on a loopback address");
    }
    if (common->auth == AUTH_OFF &&
        (common->auth_tokens_file != NULL || common->auth_jwt_key_file != NULL)) {
        settings_add_fault(settings, "AUTH=off asks nobody for a token: leave out AUTH_TOKENS_FILE "
                                     "and AUTH_JWT_KEY_FILE, which say who may ask what");
    }
    auth_jwt_check_settings(common, settings);
}

/* --- the tokens file ------------------------------------------------------------- */

static struct strview take_word(struct strview *rest)
{
    while (rest->len > 0 && (rest->data[0] == ' ' || rest->data[0] == '\t')) {
        rest->data++;
        rest->len--;
    }
    struct strview word = {.data = rest->data, .len = 0};
    while (word.len < rest->len && rest->data[word.len] != ' ' && rest->data[word.len] != '\t') {
        word.len++;
    }
    rest->data += word.len;
    rest->len -= word.len;
    return word;
}

static bool is_known_hash(const struct tokens *tokens, const uint8_t *hash)
{
    for (size_t i = 0; i < tokens->count; i++) {
        if (memcmp(tokens->list[i].hash, hash, DIGEST_LEN) == 0) {
            return true;
        }
    }
    return false;
}

/* Returns what is wrong with the line, or NULL after adding its token. */
static const char *read_line(struct tokens *tokens, struct strview line)
{
    struct token *token = &tokens->list[tokens->count];
    const struct strview hash = take_word(&line);
    const struct strview role = take_word(&line);
    const struct strview subject = take_word(&line);
    *token = (struct token){.principal = {.until_ms = PRINCIPAL_FOR_EVER}};
    if (!parse_hex(hash, token->hash, DIGEST_LEN)) {
        return "no SHA-256 in lower-case hexadecimal";
    }
    if (!role_parse(role, &token->principal.role)) {
        return "unknown role";
    }
    if (!id_form_fits(subject)) {
        return "the subject must be " ID_FORM_RULE;
    }
    if (take_word(&line).len > 0) {
        return "text behind the subject";
    }
    if (is_known_hash(tokens, token->hash)) {
        return "a token that was there before";
    }
    memcpy(token->principal.subject, subject.data, subject.len);
    tokens->count++;
    return NULL;
}

static bool is_blank(struct strview line)
{
    const struct strview word = take_word(&line);
    return word.len == 0 || word.data[0] == '#';
}

/* Collects what is wrong, line by line, as long as the text has room. */
struct faults {
    char text[ERROR_TEXT_MAX];
    size_t len;
    size_t count;
};

static void add_fault(struct faults *faults, size_t line, const char *what)
{
    const int len = snprintf(faults->text + faults->len, sizeof faults->text - faults->len,
                             "%sline %zu: %s", faults->count == 0 ? "" : "; ", line, what);
    faults->len += len < 0 ? 0 : (size_t)len;
    if (faults->len >= sizeof faults->text) {
        faults->len = sizeof faults->text - 1;
    }
    faults->count++;
}

/* Without its end, LF or CRLF. */
static struct strview line_of(const char *bytes, size_t len)
{
    len -= len > 0 && bytes[len - 1] == '\n' ? 1 : 0;
    len -= len > 0 && bytes[len - 1] == '\r' ? 1 : 0;
    return (struct strview){.data = bytes, .len = len};
}

/* Lines are read whole, however long: a piece of a comment must not become a line. */
static void read_lines(FILE *file, struct tokens *tokens, struct faults *faults)
{
    char *bytes = NULL;
    size_t cap = 0;
    ssize_t len;
    for (size_t number = 1; (len = getline(&bytes, &cap, file)) >= 0; number++) {
        const struct strview line = line_of(bytes, (size_t)len);
        if (is_blank(line)) {
            continue;
        }
        const char *what =
            tokens->count == TOKENS_MAX ? "more than 4096 tokens" : read_line(tokens, line);
        if (what != NULL) {
            add_fault(faults, number, what);
        }
    }
    free(bytes);
    if (ferror(file) != 0) {
        add_fault(faults, 0, strerror(errno));
    } else if (tokens->count == 0 && faults->count == 0) {
        faults->count++;
        (void)snprintf(faults->text, sizeof faults->text, "no token at all");
    }
}

static enum error_kind fill_tokens(const char *path, struct tokens *tokens, struct error *err)
{
    struct faults faults = {.len = 0};
    FILE *file;
    const enum error_kind kind = plain_file_open(path, &file, err);
    if (kind != ERROR_NONE) {
        return kind;
    }
    read_lines(file, tokens, &faults);
    (void)fclose(file);
    return faults.count == 0 ? ERROR_NONE
                             : error_set(err, ERROR_FATAL, "%s: %s", path, faults.text);
}

/* A table of the size needed. */
static struct tokens *fit(struct tokens *tokens)
{
    struct tokens *fitting =
        realloc(tokens, sizeof *tokens + tokens->count * sizeof tokens->list[0]);
    return fitting == NULL ? tokens : fitting;
}

/* Without a file, an empty table. */
static enum error_kind load_tokens(const char *path, struct tokens **ret_tokens, struct error *err)
{
    struct tokens *tokens =
        must_allocate(1, sizeof *tokens + (TOKENS_MAX + 1) * sizeof tokens->list[0]);
    const enum error_kind kind = path == NULL ? ERROR_NONE : fill_tokens(path, tokens, err);
    if (kind != ERROR_NONE) {
        free(tokens);
        return kind;
    }
    *ret_tokens = fit(tokens);
    return ERROR_NONE;
}

static enum error_kind load(struct auth *auth, const struct common_settings *common,
                            struct error *err)
{
    enum error_kind kind = digest_new(&auth->digest, err);
    if (kind == ERROR_NONE && auth->mode == AUTH_TOKENS) {
        kind = load_tokens(auth->path, &auth->tokens, err);
    }
    if (kind == ERROR_NONE && auth->mode == AUTH_TOKENS && common->auth_jwt_key_file != NULL) {
        kind = auth_jwt_new(common, &auth->jwt, err);
    }
    return kind;
}

enum error_kind auth_new(const struct common_settings *common, struct auth **ret_auth,
                         struct error *err)
{
    CLEANUP(cleanup_auth_free) struct auth *auth = must_allocate(1, sizeof *auth);
    auth->mode = (enum auth_mode)common->auth;
    auth->path = common->auth_tokens_file;
    const enum error_kind kind = load(auth, common, err);
    if (kind != ERROR_NONE) {
        return kind;
    }
    *ret_auth = TAKE_PTR(auth);
    return ERROR_NONE;
}

void auth_free(struct auth *auth)
{
    if (auth == NULL) {
        return;
    }
    auth_jwt_free(auth->jwt);
    digest_free(auth->digest);
    free(auth->tokens);
    free(auth);
}

static void take_tokens(struct auth *auth, struct tokens *tokens)
{
    free(auth->tokens);
    auth->tokens = tokens;
    auth->epoch++;
}

enum error_kind auth_reload(struct auth *auth, struct error *err)
{
    CLEANUP_FREE
    struct tokens *tokens = NULL;
    struct jws_keys *keys = NULL;
    if (auth->mode == AUTH_OFF) {
        return ERROR_NONE;
    }
    enum error_kind kind = load_tokens(auth->path, &tokens, err);
    if (kind == ERROR_NONE && auth->jwt != NULL) {
        kind = auth_jwt_read_keys(auth->jwt, &keys, err);
    }
    if (kind != ERROR_NONE) {
        return kind;
    }
    take_tokens(auth, TAKE_PTR(tokens));
    if (auth->jwt != NULL) {
        auth_jwt_take_keys(auth->jwt, keys);
    }
    return ERROR_NONE;
}

unsigned auth_epoch(const struct auth *auth)
{
    return auth->epoch;
}

/* --- asking ---------------------------------------------------------------------- */

/* Looks at every byte, wherever the first difference is. */
static bool hashes_equal(const uint8_t *a, const uint8_t *b)
{
    unsigned difference = 0;
    for (size_t i = 0; i < DIGEST_LEN; i++) {
        difference |= (unsigned)(a[i] ^ b[i]);
    }
    return difference == 0;
}

static const struct principal *find_token(const struct tokens *tokens, const uint8_t *hash)
{
    const struct principal *found = NULL;
    for (size_t i = 0; i < tokens->count; i++) {
        if (hashes_equal(tokens->list[i].hash, hash)) {
            found = &tokens->list[i].principal;
        }
    }
    return found;
}

const struct principal *auth_lookup(const struct auth *auth, struct strview token)
{
    uint8_t hash[DIGEST_LEN];
    if (auth->mode == AUTH_OFF) {
        return &ANYONE;
    }
    if (token.len == 0 || !digest_of(auth->digest, &token, 1, hash)) {
        return NULL;
    }
    const struct principal *found = find_token(auth->tokens, hash);
    return found == NULL && auth->jwt != NULL && jwt_looks_like_one(token)
               ? auth_jwt_lookup(auth->jwt, token, hash, loop_wall_ms())
               : found;
}

/* The token of "Bearer <token>"; empty when the header says anything else. */
static struct strview bearer_token(struct strview header)
{
    static const struct strview SCHEME = {.data = "Bearer ", .len = 7};
    if (header.len <= SCHEME.len || strncasecmp(header.data, SCHEME.data, SCHEME.len) != 0) {
        return (struct strview){0};
    }
    header.data += SCHEME.len;
    header.len -= SCHEME.len;
    const struct strview token = take_word(&header);
    return take_word(&header).len > 0 ? (struct strview){0} : token;
}

const struct principal *auth_of_request(const struct auth *auth, struct http_request *request)
{
    return auth_lookup(auth, bearer_token(http_request_header(request, "Authorization")));
}

void auth_refuse(struct http_request *request)
{
    static const struct http_header NO_TOKEN[] = {{"WWW-Authenticate", "Bearer"}, {NULL, NULL}};
    static const struct http_header BAD_TOKEN[] = {
        {"WWW-Authenticate",
         "Bearer error=\"invalid_token\", error_description=\"the token is not valid\""},
        {NULL, NULL}};
    const bool has_one = bearer_token(http_request_header(request, "Authorization")).len > 0;
    http_problem(request, &(struct http_problem){.status = 401,
                                                 .slug = "unauthenticated",
                                                 .detail = "a valid bearer token is needed",
                                                 .headers = has_one ? BAD_TOKEN : NO_TOKEN});
}

/* NULL: it has answered 401. */
static const struct principal *identify(const struct auth *auth, struct http_request *request)
{
    const struct principal *principal = auth_of_request(auth, request);
    if (principal == NULL) {
        auth_refuse(request);
        return NULL;
    }
    http_request_admit(request);
    return principal;
}

const struct principal *auth_require(const struct auth *auth, struct http_request *request,
                                     unsigned roles)
{
    const struct principal *principal = identify(auth, request);
    if (principal != NULL && !principal->is_anyone &&
        (roles & ROLE_BIT((unsigned)principal->role)) == 0) {
        http_refuse(request, 403, "forbidden", "this token's role may not do this");
        return NULL;
    }
    return principal;
}

bool auth_check_unrouted(struct http_request *request, void *user)
{
    const bool is_private = strview_begins(http_request_path(request), "/v1/");
    return !is_private || identify(user, request) != NULL;
}
