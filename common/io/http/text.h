/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text.h - which bytes HTTP takes where: one rule for heads, chunks and trailers.
 */
#ifndef COMMON_IO_HTTP_TEXT_H
#define COMMON_IO_HTTP_TEXT_H

#include <stdbool.h>
#include <string.h>

/* RFC 9110 §5.6.2: letters, digits and !#$%&'*+-.^_`|~ */
static inline bool http_is_token_char(unsigned char c)
{
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) {
        return true;
    }
    return c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL;
}

/* Tab and everything from blank on but DEL; bytes above 0x7f are opaque (obs-text). */
static inline bool http_is_text_char(unsigned char c)
{
    return (c >= ' ' && c != 0x7f) || c == '\t';
}

#endif
