/* SPDX-License-Identifier: Apache-2.0 */
/*
 * log.h - one JSON line per event on standard error.
 *
 * Why fields instead of formats: an operator searches by event name and id, so
 * both are members of their own; the sentence is one field among them.
 *
 *     log_event(LOG_INFO, "shard_leased", LOG_INT("shard", 3), LOG_TEXT("took over a dead lease"));
 *
 * A line is {"time":…,"level":…,"service":…,"event":…, fields}. Values are escaped
 * and cut, so a line never exceeds LOG_LINE_MAX and is written by one write(2).
 * Levels: error = a person must act; warn = degraded, continuing; info = life
 * cycle; debug = per message. No payloads at info.
 *
 * Threads: any.
 */
#ifndef COMMON_RUN_LOG_H
#define COMMON_RUN_LOG_H

#include "common/base/error.h"
#include "common/base/strview.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOG_LEVELS(X)                                                                              \
    X(ERROR, "error")                                                                              \
    X(WARN, "warn")                                                                                \
    X(INFO, "info")                                                                                \
    X(DEBUG, "debug")

#define LOG_LEVEL_ENTRY(LEVEL, name) LOG_##LEVEL,
enum log_level { LOG_LEVELS(LOG_LEVEL_ENTRY) LOG_LEVEL_COUNT };

enum { LOG_LINE_MAX = 4096, LOG_VALUE_MAX = 1024 };

enum log_field_type {
    LOG_FIELD_NONE = 0,
    LOG_FIELD_STRING,
    LOG_FIELD_VIEW,
    LOG_FIELD_INT,
    LOG_FIELD_BOOL,
    LOG_FIELD_ERROR
};

struct log_field {
    const char *key;
    enum log_field_type type;
    union {
        const char *string; /* NULL is written as null */
        struct strview view;
        int64_t integer;
        bool boolean;
        const struct error *error;
    } as;
};

#define LOG_STR(k, v)  ((struct log_field){.key = (k), .type = LOG_FIELD_STRING, .as.string = (v)})
#define LOG_VIEW(k, v) ((struct log_field){.key = (k), .type = LOG_FIELD_VIEW, .as.view = (v)})
#define LOG_INT(k, v)                                                                              \
    ((struct log_field){.key = (k), .type = LOG_FIELD_INT, .as.integer = (int64_t)(v)})
#define LOG_BOOL(k, v) ((struct log_field){.key = (k), .type = LOG_FIELD_BOOL, .as.boolean = (v)})
/* The sentence for people. */
#define LOG_TEXT(v)    LOG_STR("text", v)
/* Two members: "kind" and "error". */
#define LOG_ERR(err)                                                                               \
    ((struct log_field){.key = "error", .type = LOG_FIELD_ERROR, .as.error = (err)})
#define LOG_END ((struct log_field){.key = NULL, .type = LOG_FIELD_NONE})

/* Writes one line; needs at least one field. Read as a function: NOLINTNEXTLINE(*-naming) */
#define log_event(level, event, ...)                                                               \
    log_write((level), (event), (const struct log_field[]){__VA_ARGS__, LOG_END})

/* service is stored, not copied. Before this call the name is "-" and the level info. */
void log_setup(const char *service, enum log_level level);

bool log_is_on(enum log_level level);

/* fields end with LOG_END. */
void log_write(enum log_level level, const char *event, const struct log_field *fields);

/* The same line into out (at least 64 bytes), newline included; returns its length. For tests. */
size_t log_format(char *out, size_t size, int64_t wall_ms, enum log_level level, const char *event,
                  const struct log_field *fields);

#endif
