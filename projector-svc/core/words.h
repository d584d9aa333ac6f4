/* SPDX-License-Identifier: Apache-2.0 */
/*
 * words.h - a text's words in the one form they are indexed and searched by.
 *
 * Why so plain: letters and digits of ASCII, folded to small ones, and every byte beyond ASCII make
 * words; all else parts them. What is one letter in which language changes with Unicode's version,
 * and the index of a view filled anew would then be another (see contact.h).
 */
#ifndef PROJECTOR_SVC_CORE_WORDS_H
#define PROJECTOR_SVC_CORE_WORDS_H

#include "common/base/arena.h"
#include "common/base/strview.h"

#include <stdbool.h>

/* Takes the next word off *rest, copied to the arena; false when there is none left. *ret_word has
 * data NULL when the arena is full. */
bool words_take(struct arena *arena, struct strview *rest, struct strview *ret_word);

#endif
