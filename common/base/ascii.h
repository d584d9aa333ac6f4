/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ascii.h - what kind of byte it is; the same in every locale, unlike <ctype.h>.
 */
#ifndef COMMON_BASE_ASCII_H
#define COMMON_BASE_ASCII_H

#include <stdbool.h>

static inline bool ascii_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline bool ascii_is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static inline bool ascii_is_capital(char c)
{
    return c >= 'A' && c <= 'Z';
}

/* As we write them: in lower case. */
static inline bool ascii_is_hex(char c)
{
    return ascii_is_digit(c) || (c >= 'a' && c <= 'f');
}

/* It leaves something on paper: no blank, no control character, nothing beyond ASCII. */
static inline bool ascii_is_visible(char c)
{
    return c > ' ' && c <= '~';
}

#endif
