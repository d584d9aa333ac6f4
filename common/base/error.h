/* SPDX-License-Identifier: Apache-2.0 */
/*
 * error.h - how a function here says that it could not do its job.
 *
 * Why a kind and a text: the program acts on the kind (answer 409, retry,
 * park the message, stop), a person acts on the text. Nothing in the code may
 * compare texts.
 *
 * Convention: a function that can fail returns enum error_kind, takes the
 * struct error last, and writes to it only when it fails. On failure its ret_
 * parameters are untouched.
 */
#ifndef COMMON_BASE_ERROR_H
#define COMMON_BASE_ERROR_H

#include "common/base/attribute.h"

/*
 * INVALID:   this input can never succeed: reject or park it
 * NOT_FOUND: the thing named does not exist (yet)
 * CONFLICT:  the state moved on: reload and decide again
 * TRANSIENT: the outside world failed: the same call may succeed later
 * EXHAUSTED: a memory or size limit of ours was reached
 * FATAL:     this process cannot start (bad configuration, wrong schema)
 */
#define ERROR_KINDS(X)                                                                             \
    X(NONE, "none")                                                                                \
    X(INVALID, "invalid")                                                                          \
    X(NOT_FOUND, "not_found")                                                                      \
    X(CONFLICT, "conflict")                                                                        \
    X(TRANSIENT, "transient")                                                                      \
    X(EXHAUSTED, "exhausted")                                                                      \
    X(FATAL, "fatal")

#define ERROR_KIND_ENTRY(KIND, name) ERROR_##KIND,
enum error_kind { ERROR_KINDS(ERROR_KIND_ENTRY) ERROR_KIND_COUNT };

enum { ERROR_TEXT_MAX = 384 }; /* bytes, with the NUL; longer texts are cut */

struct error {
    enum error_kind kind;
    char text[ERROR_TEXT_MAX];
};

/* Records kind and text, and returns kind, so that callers can return it. The text becomes one
 * line of valid UTF-8, whatever bytes it quotes. */
enum error_kind error_set(struct error *err, enum error_kind kind, const char *fmt, ...)
    PRINTF_LIKE(3, 4);

/* The analyzer sees one file at a time: tell it what error_set() returns. */
#ifdef __clang_analyzer__
/* NOLINTNEXTLINE(readability-identifier-naming): stands in for the function */
#define error_set(err, kind, ...) ((void)error_set(err, kind, __VA_ARGS__), (kind))
#endif

/* Puts "context: " in front of the text already there; keeps and returns the kind. */
enum error_kind error_context(struct error *err, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* For a text that is kept without its kind, and cut: what is not UTF-8 becomes '?', a line break a
 * blank. */
void error_clean_text(char *text);

/* A stable lower-case word for logs and metrics, never NULL. */
const char *error_kind_name(enum error_kind kind);

#endif
