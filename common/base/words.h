/* SPDX-License-Identifier: Apache-2.0 */
/*
 * words.h - an enum whose constants are words outside: their names and the way back.
 *
 * Why a macro: the two functions are the same for each such enum but for its type, and tables of
 * words apart from the enum's own list would come to have holes.
 */
#ifndef COMMON_BASE_WORDS_H
#define COMMON_BASE_WORDS_H

#include "common/base/strview.h"

#include <assert.h>

/* NOLINTBEGIN(bugprone-macro-parentheses): a type's name cannot stand in parentheses */
/* For `enum type`, made of LIST(X) with X(NAME, "word"): type_name() and type_parse(), which leaves
 * *ret as it is for a word nobody knows. */
#define DEFINE_WORDS(type, LIST)                                                                   \
    static const char *const type##_words[] = {LIST(WORDS_ROW)};                                   \
    const char *type##_name(enum type value)                                                       \
    {                                                                                              \
        assert(value < sizeof type##_words / sizeof type##_words[0]);                              \
        return type##_words[value];                                                                \
    }                                                                                              \
    bool type##_parse(struct strview word, enum type *ret)                                         \
    {                                                                                              \
        for (size_t i = 0; i < sizeof type##_words / sizeof type##_words[0]; i++) {                \
            if (strview_is(word, type##_words[i])) {                                               \
                *ret = (enum type)i;                                                               \
                return true;                                                                       \
            }                                                                                      \
        }                                                                                          \
        return false;                                                                              \
    }
/* NOLINTEND(bugprone-macro-parentheses) */
#define WORDS_ROW(NAME, word) (word),

#endif
