/* SPDX-License-Identifier: Apache-2.0 */
/*
 * draining.h - the aggregates of a partition whose parked events are being applied; pure.
 *
 * Why a list of our own beside Redis: the next portion follows the last one at once, also when
 * no event of the aggregate comes. Why so short: more are found in Redis a second later.
 */
#ifndef PROJECTOR_SVC_CORE_DRAINING_H
#define PROJECTOR_SVC_CORE_DRAINING_H

#include "common/base/id_form.h"
#include "common/base/strview.h"

#include <stdbool.h>
#include <stddef.h>

enum { DRAINING_MAX = 8 };

/* Zeroed: none. */
struct draining {
    char ids[DRAINING_MAX][ID_FORM_MAX + 1]; /* in turn, the next one first */
    size_t count;
};

bool draining_has(const struct draining *draining, struct strview id);

/* Is it (still) drained? Then it goes behind the others; where there is no place it is forgotten.
 */
void draining_note(struct draining *draining, struct strview id, bool is_draining);

/* Empty when there is none; as long as nothing is noted. */
struct strview draining_first(const struct draining *draining);

#endif
