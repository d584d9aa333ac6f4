/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arglist.h - the arguments of one Redis command, put together one by one.
 *
 * Why failure sticks: whoever builds asks once, at the end.
 *
 * Ownership: all of it lives in the arena; a zeroed list with an arena is empty.
 */
#ifndef PROJECTOR_SVC_VIEWS_ARGLIST_H
#define PROJECTOR_SVC_VIEWS_ARGLIST_H

#include "common/base/strview.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

struct arglist {
    struct arena *arena;
    struct strview *args;
    size_t count;
    size_t cap;
    bool failed;
};

/* An argument with data == NULL counts as a failure of the arena. */
void arglist_add(struct arglist *list, struct strview arg);
void arglist_add_number(struct arglist *list, int64_t value);

#endif
