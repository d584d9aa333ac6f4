/* SPDX-License-Identifier: Apache-2.0 */
/*
 * settings.h - configuration from the environment, by one table per service.
 *
 * Why a table: it is the only source of names, defaults, limits and help. The
 * parser, `config`, `--help` and the README's table all read it, and loading
 * reports every fault at once instead of the first.
 *
 *     #define RELAY_SETTING_ROWS(X)                                                             \
 *         X(STRING, database_url, "DATABASE_URL", "PostgreSQL to read the outbox from.",        \
 *           SETTING_IS(SETTING_SECRET | SETTING_REQUIRED))                                      \
 *         X(INT, readers, "RELAY_READERS", "Queries at once.", SETTING_WITHIN("2", 1, 16, NULL))
 *     struct relay_settings { struct common_settings common; RELAY_SETTING_ROWS(SETTING_MEMBER) };
 *     #define ROW(TYPE, field, ...) SETTING_ROW(struct relay_settings, TYPE, field, __VA_ARGS__)
 *     static const struct setting ROWS[] = {SETTINGS_COMMON_ROWS("8081") RELAY_SETTING_ROWS(ROW)};
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

struct kafka_property;
struct settings;
struct strbuf;

/*
 * Each type with how its values look:
 * STRING:      NULL when unset without a default
 * DURATION_MS: written 300ms, 2s, 5m, 1h, 30d
 * BYTES:       written 4096, 16KiB, 1MiB
 * BOOL:        on/off, true/false, yes/no, 1/0
 * ENUM:        index into words
 */
#define SETTING_TYPES(X)                                                                           \
    X(STRING, "text")                                                                              \
    X(PATH, "a readable file")                                                                     \
    X(INT, "a number")                                                                             \
    X(DURATION_MS, "a duration (300ms, 2s, 5m, 1h, 30d)")                                          \
    X(BYTES, "a size (4096, 16KiB, 1MiB)")                                                         \
    X(BOOL, "on or off")                                                                           \
    X(ENUM, "one of")

/* That of a setting's member. */
#define SETTING_C_STRING               const char *
#define SETTING_C_PATH                 const char *
#define SETTING_C_INT                  int64_t
#define SETTING_C_DURATION_MS          int64_t
#define SETTING_C_BYTES                int64_t
#define SETTING_C_BOOL                 bool
#define SETTING_C_ENUM                 int

#define SETTING_TYPE_ENTRY(TYPE, form) SETTING_##TYPE,
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
    size_t offset, size;      /* of its member */
};

/* NOLINTBEGIN(bugprone-macro-parentheses): owner and member stand for names */
/* Of a list of rows, X(type, member, name, help, one of those below or nothing): the members of the
 * struct, and the rows. */
#define SETTING_MEMBER(TYPE, member, text, sentence, more) SETTING_C_##TYPE member;
#define SETTING_ROW(owner, TYPE, member, text, sentence, ...)                                      \
    {.name = (text),                                                                               \
     .type = SETTING_##TYPE,                                                                       \
     .help = (sentence),                                                                           \
     .offset = offsetof(owner, member),                                                            \
     .size = sizeof(((owner *)0)->member),                                                         \
     __VA_ARGS__},
/* NOLINTEND(bugprone-macro-parentheses) */
#define SETTING_IS(bits)      .flags = (bits)
#define SETTING_DEFAULT(text) .fallback = (text)
#define SETTING_WITHIN(text, least, most, of)                                                      \
    .fallback = (text), .min = (least), .max = (most), .unit = (of)
#define SETTING_ONE_OF(text, list) .fallback = (text), .words = (list)

struct settings_schema {
    const char *service;
    const struct setting *rows;
    size_t count;
    const char *const *prefixes; /* NULL-ended: names beginning so must be known */
    const char *pass_through;    /* "KAFKA_", or NULL: unknown ones become properties */
    bool is_for_client; /* of a command that only asks a running service: nothing must be set */
};

/* What every service has: its struct begins with it. */
#define COMMON_SETTING_ROWS(X, port)                                                               \
    X(STRING, listen_address, "LISTEN_ADDRESS", "Numeric address the HTTP server listens on.",     \
      SETTING_DEFAULT("127.0.0.1"))                                                                \
    X(INT, listen_port, "LISTEN_PORT", "Its port; 0 takes any free one.",                          \
      SETTING_WITHIN(port, 0, 65535, NULL))                                                        \
    X(INT, max_connections, "LISTEN_MAX_CONNECTIONS",                                              \
      "Open connections. Beyond, the oldest that has sent no request is closed, or is idle and "   \
      "has shown no token, or has been idle for ten seconds; where there is none, 32 more are "    \
      "taken for /healthz, /readyz, /metrics and /version.",                                       \
      SETTING_WITHIN("4096", 1, 65536, NULL))                                                      \
    X(STRING, cors_origins, "LISTEN_CORS_ORIGINS",                                                 \
      "Origins whose pages may ask and read what is answered (CORS), exact and separated by "      \
      "commas: https://shop.example, http://localhost:5173. Unset: none but its own.", )           \
    /* enum log_level */                                                                           \
    X(ENUM, log_level, "LOG_LEVEL", "Least severe level that is written.",                         \
      SETTING_ONE_OF("info", SETTINGS_LOG_LEVELS))                                                 \
    X(DURATION_MS, shutdown_timeout_ms, "SHUTDOWN_TIMEOUT",                                        \
      "How long work in flight may take to finish after SIGTERM.",                                 \
      SETTING_WITHIN("10s", 100, 600000, NULL))                                                    \
    /* enum auth_mode */                                                                           \
    X(ENUM, auth, "AUTH",                                                                          \
      "tokens: every request needs one; off: none does, on a loopback address only.",              \
      SETTING_ONE_OF("tokens", SETTINGS_AUTH_MODES))                                               \
    X(PATH, auth_tokens_file, "AUTH_TOKENS_FILE",                                                  \
      "Tokens, one per line: sha256-hex role subject. Read again on SIGHUP.", )                    \
    X(PATH, auth_jwt_key_file, "AUTH_JWT_KEY_FILE",                                                \
      "Public keys of who issues JSON Web Tokens: a JWK set, or PEM blocks BEGIN PUBLIC KEY "      \
      "(RSA: RS256 and PS256; P-256: ES256; Ed25519: EdDSA). Read again on SIGHUP.", )             \
    X(STRING, auth_jwt_issuer, "AUTH_JWT_ISSUER",                                                  \
      "What a JWT's iss must be; unset: its signature says it.", )                                 \
    X(STRING, auth_jwt_audience, "AUTH_JWT_AUDIENCE",                                              \
      "What a JWT's aud must be or hold; needed with AUTH_JWT_KEY_FILE.", )                        \
    X(DURATION_MS, auth_jwt_leeway_ms, "AUTH_JWT_LEEWAY",                                          \
      "By how much the issuer's clock may differ from ours.",                                      \
      SETTING_WITHIN("30s", 0, 600000, NULL))                                                      \
    X(STRING, auth_jwt_role_claim, "AUTH_JWT_ROLE_CLAIM",                                          \
      "The claim with the role: its name, or an array in which exactly one of ours stands.",       \
      SETTING_DEFAULT("role"))                                                                     \
    X(STRING, auth_jwt_subject_claim, "AUTH_JWT_SUBJECT_CLAIM",                                    \
      "The claim with the subject of everybody but customers; it stands in events.",               \
      SETTING_DEFAULT("sub"))                                                                      \
    X(STRING, auth_jwt_customer_claim, "AUTH_JWT_CUSTOMER_CLAIM",                                  \
      "The claim with a customer's customer id.", SETTING_DEFAULT("sub"))

struct common_settings {
    COMMON_SETTING_ROWS(SETTING_MEMBER, )
};

#define COMMON_SETTING_ROW(TYPE, member, ...)                                                      \
    SETTING_ROW(struct common_settings, TYPE, member, __VA_ARGS__)
#define SETTINGS_COMMON_ROWS(port) COMMON_SETTING_ROWS(COMMON_SETTING_ROW, port)

extern const char *const SETTINGS_LOG_LEVELS[];
extern const char *const SETTINGS_AUTH_MODES[];

/* Prefixes of the common rows; begin the service's list with them. */
#define SETTINGS_COMMON_PREFIXES "LISTEN_", "LOG_", "AUTH_", "SHUTDOWN_"

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

/* The pass-through properties, sorted by name; they live as long as the settings. */
const struct kafka_property *settings_properties(const struct settings *settings,
                                                 size_t *ret_count);

/* Effective values, secrets as ***: for people, and as JSON. */
void settings_table(const struct settings *settings, struct strbuf *out);
void settings_json(const struct settings *settings, struct strbuf *out);

/* From the table alone: the README's table, and the part of --help. */
void settings_markdown(const struct settings_schema *schema, struct strbuf *out);
void settings_help(const struct settings_schema *schema, struct strbuf *out);

#endif
