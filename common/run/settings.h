/* SPDX-License-Identifier: Apache-2.0 */
/*
 * settings.h - configuration from the environment, by one table per service.
 *
 * Why a table: it is the only source of names, defaults, limits and help. The
 * parser, `config`, `--help` and the README's table all read it, and loading
 * reports every fault at once instead of the first.
 *
 *     struct relay_settings { struct common_settings common; const char *database_url; … };
 *     static const struct setting ROWS[] = {
 *         SETTINGS_COMMON_ROWS(struct relay_settings, common, "8081"),
 *         {"DATABASE_URL", SETTING_STRING, .flags = SETTING_SECRET | SETTING_REQUIRED,
 *          .help = "PostgreSQL to read the outbox from.",
 *          SETTING_FIELD(struct relay_settings, database_url)},
 *     };
 *
 * Every secret NAME may come as NAME_FILE (a path; blanks and line ends behind the
 * secret are dropped) instead; both at once are a fault. An unknown name that begins
 * with one of the schema's prefixes is a fault, except the links Kubernetes invents
 * (…_SERVICE_HOST, …_SERVICE_PORT_HTTP, …_PORT_8080_TCP) and the services' own addresses
 * (COMMAND_URL …). Names with the pass-through prefix become properties:
 * KAFKA_SSL_CA_LOCATION is "ssl.ca.location".
 *
 * Ownership: texts in the service's struct live as long as struct settings.
 */
#ifndef COMMON_RUN_SETTINGS_H
#define COMMON_RUN_SETTINGS_H

#include "common/base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct settings;
struct strbuf;

/*
 * Each type with that of its field and how its values look:
 * STRING:      NULL when unset without a default
 * DURATION_MS: written 300ms, 2s, 5m, 1h, 30d
 * BYTES:       written 4096, 16KiB, 1MiB
 * BOOL:        on/off, true/false, yes/no, 1/0
 * ENUM:        index into words
 */
#define SETTING_TYPES(X)                                                                           \
    X(STRING, const char *, "text")                                                                \
    X(PATH, const char *, "a readable file")                                                       \
    X(INT, int64_t, "a number")                                                                    \
    X(DURATION_MS, int64_t, "a duration (300ms, 2s, 5m, 1h, 30d)")                                 \
    X(BYTES, int64_t, "a size (4096, 16KiB, 1MiB)")                                                \
    X(BOOL, bool, "on or off")                                                                     \
    X(ENUM, int, "one of")

#define SETTING_TYPE_ENTRY(TYPE, field, form) SETTING_##TYPE,
enum setting_type { SETTING_TYPES(SETTING_TYPE_ENTRY) SETTING_TYPE_COUNT };

enum setting_flags {
    SETTING_SECRET = 1,   /* printed as ***; NAME_FILE works */
    SETTING_REQUIRED = 2, /* must be set, and not empty, but for a client's command */
};

struct setting {
    const char *name;
    enum setting_type type;
    unsigned flags;           /* of enum setting_flags */
    const char *fallback;     /* the default, as one would write it; NULL: none */
    int64_t min, max;         /* numbers: inclusive; both 0: no limit but the type's */
    const char *unit;         /* for people, when the type does not say */
    const char *help;         /* one sentence */
    const char *const *words; /* SETTING_ENUM: NULL-ended */
    size_t offset, size;      /* use SETTING_FIELD */
};

#define SETTING_FIELD(type, member)                                                                \
    .offset = offsetof(type, member), .size = sizeof(((type *)0)->member)

struct settings_schema {
    const char *service;
    const struct setting *rows;
    size_t count;
    const char *const *prefixes; /* NULL-ended: names beginning so must be known */
    const char *pass_through;    /* "KAFKA_", or NULL: unknown ones become properties */
    bool is_for_client; /* of a command that only asks a running service: nothing must be set */
};

struct settings_property {
    const char *name;
    const char *value;
    bool is_from_file; /* and thus a secret */
};

/* What every service has; put it into the service's struct. */
struct common_settings {
    const char *listen_address;
    int64_t listen_port;
    int64_t max_connections;
    int log_level; /* enum log_level */
    int64_t shutdown_timeout_ms;
    int auth; /* enum auth_mode */
    const char *auth_tokens_file;
    const char *auth_jwt_key_file;
    const char *auth_jwt_issuer;
    const char *auth_jwt_audience;
    int64_t auth_jwt_leeway_ms;
    const char *auth_jwt_role_claim;
    const char *auth_jwt_subject_claim;
    const char *auth_jwt_customer_claim;
};

extern const char *const SETTINGS_LOG_LEVELS[];
extern const char *const SETTINGS_AUTH_MODES[];

/* Prefixes of the common rows; begin the service's list with them. */
#define SETTINGS_COMMON_PREFIXES "LISTEN_", "LOG_", "AUTH_", "SHUTDOWN_"

/* NOLINTBEGIN(bugprone-macro-parentheses): type and member stand for names */
#define SETTINGS_JWT_ROWS(owner, member)                                                           \
    {.name = "AUTH_JWT_KEY_FILE",                                                                  \
     .type = SETTING_PATH,                                                                         \
     .help = "Public keys of who issues JSON Web Tokens: a JWK set, or PEM blocks BEGIN PUBLIC "   \
             "KEY (RSA: RS256 and PS256; P-256: ES256; Ed25519: EdDSA). Read again on SIGHUP.",    \
     SETTING_FIELD(owner, member.auth_jwt_key_file)},                                              \
        {.name = "AUTH_JWT_ISSUER",                                                                \
         .type = SETTING_STRING,                                                                   \
         .help = "What a JWT's iss must be; unset: its signature says it.",                        \
         SETTING_FIELD(owner, member.auth_jwt_issuer)},                                            \
        {.name = "AUTH_JWT_AUDIENCE",                                                              \
         .type = SETTING_STRING,                                                                   \
         .help = "What a JWT's aud must be or hold; needed with AUTH_JWT_KEY_FILE.",               \
         SETTING_FIELD(owner, member.auth_jwt_audience)},                                          \
        {.name = "AUTH_JWT_LEEWAY",                                                                \
         .type = SETTING_DURATION_MS,                                                              \
         .fallback = "30s",                                                                        \
         .min = 0,                                                                                 \
         .max = 600000,                                                                            \
         .help = "By how much the issuer's clock may differ from ours.",                           \
         SETTING_FIELD(owner, member.auth_jwt_leeway_ms)},                                         \
        {.name = "AUTH_JWT_ROLE_CLAIM",                                                            \
         .type = SETTING_STRING,                                                                   \
         .fallback = "role",                                                                       \
         .help = "The claim with the role: its name, or an array in which exactly one of ours "    \
                 "stands.",                                                                        \
         SETTING_FIELD(owner, member.auth_jwt_role_claim)},                                        \
        {.name = "AUTH_JWT_SUBJECT_CLAIM",                                                         \
         .type = SETTING_STRING,                                                                   \
         .fallback = "sub",                                                                        \
         .help = "The claim with the subject of everybody but customers; it stands in events.",    \
         SETTING_FIELD(owner, member.auth_jwt_subject_claim)},                                     \
    {                                                                                              \
        .name = "AUTH_JWT_CUSTOMER_CLAIM", .type = SETTING_STRING, .fallback = "sub",              \
        .help = "The claim with a customer's customer id.",                                        \
        SETTING_FIELD(owner, member.auth_jwt_customer_claim)                                       \
    }

#define SETTINGS_COMMON_ROWS(owner, member, port)                                                  \
    {.name = "LISTEN_ADDRESS",                                                                     \
     .type = SETTING_STRING,                                                                       \
     .fallback = "127.0.0.1",                                                                      \
     .help = "Numeric address the HTTP server listens on.",                                        \
     SETTING_FIELD(owner, member.listen_address)},                                                 \
        {.name = "LISTEN_PORT",                                                                    \
         .type = SETTING_INT,                                                                      \
         .fallback = (port),                                                                       \
         .min = 0,                                                                                 \
         .max = 65535,                                                                             \
         .help = "Its port; 0 takes any free one.",                                                \
         SETTING_FIELD(owner, member.listen_port)},                                                \
        {.name = "LISTEN_MAX_CONNECTIONS",                                                         \
         .type = SETTING_INT,                                                                      \
         .fallback = "4096",                                                                       \
         .min = 1,                                                                                 \
         .max = 65536,                                                                             \
         .help = "Open connections. Beyond, the oldest that has sent no request is closed, or is " \
                 "idle and has shown no token, or has been idle for ten seconds; where there is "  \
                 "none, 32 more are taken for /healthz, /readyz, /metrics and /version.",          \
         SETTING_FIELD(owner, member.max_connections)},                                            \
        {.name = "LOG_LEVEL",                                                                      \
         .type = SETTING_ENUM,                                                                     \
         .fallback = "info",                                                                       \
         .words = SETTINGS_LOG_LEVELS,                                                             \
         .help = "Least severe level that is written.",                                            \
         SETTING_FIELD(owner, member.log_level)},                                                  \
        {.name = "SHUTDOWN_TIMEOUT",                                                               \
         .type = SETTING_DURATION_MS,                                                              \
         .fallback = "10s",                                                                        \
         .min = 100,                                                                               \
         .max = 600000,                                                                            \
         .help = "How long work in flight may take to finish after SIGTERM.",                      \
         SETTING_FIELD(owner, member.shutdown_timeout_ms)},                                        \
        {.name = "AUTH",                                                                           \
         .type = SETTING_ENUM,                                                                     \
         .fallback = "tokens",                                                                     \
         .words = SETTINGS_AUTH_MODES,                                                             \
         .help = "tokens: every request needs one; off: none does, on a loopback address only.",   \
         SETTING_FIELD(owner, member.auth)},                                                       \
        {.name = "AUTH_TOKENS_FILE",                                                               \
         .type = SETTING_PATH,                                                                     \
         .help = "Tokens, one per line: sha256-hex role subject. Read again on SIGHUP.",           \
         SETTING_FIELD(owner, member.auth_tokens_file)},                                           \
        SETTINGS_JWT_ROWS(owner, member)

/* NOLINTEND(bugprone-macro-parentheses) */

/*
 * Fills *values from env ("NAME=value" strings, NULL-ended) and returns the
 * owner of its texts, never NULL. Look at settings_fault_count() before using
 * the values.
 */
struct settings *settings_load(const struct settings_schema *schema, char *const *env,
                               void *values);
void settings_free(struct settings *settings);

size_t settings_fault_count(const struct settings *settings);
const char *settings_fault(const struct settings *settings, size_t index);

/* For rules over several rows, checked by the service after loading. */
void settings_add_fault(struct settings *settings, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* The pass-through properties, sorted by name. */
size_t settings_property_count(const struct settings *settings);
struct settings_property settings_property(const struct settings *settings, size_t index);

/* Effective values, secrets as ***: for people, and as JSON. */
void settings_table(const struct settings *settings, struct strbuf *out);
void settings_json(const struct settings *settings, struct strbuf *out);

/* From the table alone: the README's table, and the part of --help. */
void settings_markdown(const struct settings_schema *schema, struct strbuf *out);
void settings_help(const struct settings_schema *schema, struct strbuf *out);

#endif
