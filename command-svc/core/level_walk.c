/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/core/level_walk.h"

#include "common/base/id_form.h"

#include <assert.h>

/* Its text is its own, so that the rows it was read from may go. */
static bool is_sound(const struct level_walk *walk)
{
    return walk->last.arena == NULL && walk->last.max == LEVEL_WALK_SKU_MAX &&
           walk->last.len <= walk->last.max;
}

void level_walk_init(struct level_walk *walk)
{
    *walk = (struct level_walk){.is_over = false};
    strbuf_init(&walk->last, LEVEL_WALK_SKU_MAX);
    assert(is_sound(walk));
}

void level_walk_done(struct level_walk *walk)
{
    assert(is_sound(walk));
    strbuf_done(&walk->last);
}

void level_walk_begin(struct level_walk *walk)
{
    assert(is_sound(walk));
    strbuf_reset(&walk->last);
    assert(walk->last.len == 0); /* the next portion is the first */
}

const char *level_walk_next(struct level_walk *walk)
{
    assert(is_sound(walk));
    walk->is_over = true;
    return strbuf_cstr(&walk->last);
}

bool level_walk_pass(struct level_walk *walk, struct strview sku)
{
    assert(is_sound(walk));
    strbuf_reset(&walk->last);
    strbuf_append(&walk->last, sku);
    walk->is_over = !strbuf_ok(&walk->last);
    assert(is_sound(walk));
    assert(walk->is_over || walk->last.len == sku.len); /* it goes on there */
    return id_form_fits(sku);
}
