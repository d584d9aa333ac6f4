/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/core/words.h"

#include "common/base/ascii.h"
#include "common/base/utf8.h"

#include <assert.h>

/* How many bytes at the text's beginning part words; 0: a word begins there. */
static size_t parting_len(struct strview text)
{
    assert(text.len > 0);
    const char first = text.data[0];
    if ((first & 0x80) != 0) {
        const size_t len = utf8_blank_len(text);
        assert(len <= text.len);
        return len;
    }
    return ascii_is_digit(first) || ascii_is_lower(first) || ascii_is_capital(first) ? 0 : 1;
}

static char folded(char byte)
{
    return ascii_is_capital(byte) ? (char)(byte - 'A' + 'a') : byte;
}

bool words_take(struct arena *arena, struct strview *rest, struct strview *ret_word)
{
    while (rest->len > 0 && parting_len(*rest) > 0) {
        *rest = strview_skip(*rest, parting_len(*rest));
    }
    size_t len = 0;
    while (len < rest->len && parting_len(strview_skip(*rest, len)) == 0) {
        len++;
    }
    if (len == 0) {
        return false;
    }
    assert(len <= rest->len);
    const size_t before = rest->len;
    char *word = arena_alloc(arena, len);
    for (size_t i = 0; word != NULL && i < len; i++) {
        word[i] = folded(rest->data[i]);
    }
    *ret_word = (struct strview){.data = word, .len = len};
    *rest = strview_skip(*rest, len);
    assert(rest->len < before);                       /* or it would not end */
    assert(rest->len == 0 || parting_len(*rest) > 0); /* a word is taken whole */
    return true;
}
