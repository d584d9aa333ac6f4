/* SPDX-License-Identifier: Apache-2.0 */
/*
 * parse.h - text to values: the whole text or an error, never a prefix.
 *
 * Why not strtol: it skips blanks, accepts signs where none belong and stops
 * silently at the first strange byte.
 *
 * Errors: false, with *ret untouched.
 */
#ifndef COMMON_BASE_PARSE_H
#define COMMON_BASE_PARSE_H

#include "common/base/error.h"
#include "common/base/strview.h"

#include <stdint.h>

/* Decimal digits with an optional leading '-'; no other sign, blank or leading zero. */
MUST_USE bool parse_i64(struct strview text, int64_t *ret);

/* A number with one of the units ms, s, m, h, d: "300ms", "2s". In milliseconds. */
MUST_USE bool parse_duration_ms(struct strview text, int64_t *ret_ms);

/* A number of bytes, optionally with KiB, MiB or GiB behind it. */
MUST_USE bool parse_bytes(struct strview text, int64_t *ret_bytes);

/* on, true, yes, 1 or off, false, no, 0. */
MUST_USE bool parse_bool(struct strview text, bool *ret);

enum { NUMBER_TEXT_SIZE = sizeof "-9223372036854775808" };

/* The inverse of parse_i64, with a NUL; returns the text. */
const char *format_i64(int64_t value, char ret_text[static NUMBER_TEXT_SIZE]);

/* The same, in the block that asks: it is gone with it. */
#define NUMBER_TEXT(value) format_i64(value, (char[NUMBER_TEXT_SIZE]){0})

/* 0 to 15 for a hexadecimal digit of either case, else -1. */
int parse_hex_digit(char c);

/* Lower-case hexadecimal of 2 * len digits into len bytes. */
MUST_USE bool parse_hex(struct strview text, uint8_t *ret_bytes, size_t len);

/* RFC 3339 in UTC as this project writes it, "2026-01-02T03:04:05.678Z", to epoch milliseconds. */
MUST_USE bool parse_time_ms(struct strview text, int64_t *ret_ms);

/* Any RFC 3339 time, as somebody else may write it: with or without a fraction, of which
 * milliseconds count, and with an offset; in UTC of the years 1 to 9999. */
MUST_USE bool parse_rfc3339_ms(struct strview text, int64_t *ret_ms);

enum { TIME_TEXT_LEN = sizeof "2026-01-02T03:04:05.678Z" - 1 };

/* Whether format_time_ms() may be asked: of a number that came from outside nobody knows. */
bool time_has_text(int64_t epoch_ms);

/* The inverse of parse_time_ms; years 1 to 9999. Writes TIME_TEXT_LEN bytes and a NUL. */
void format_time_ms(int64_t epoch_ms, char ret_text[static TIME_TEXT_LEN + 1]);

#endif
