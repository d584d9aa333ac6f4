/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/core/level_walk.h"

#include "common/base/id_form.h"

void level_walk_init(struct level_walk *walk)
{
    *walk = (struct level_walk){.is_over = false};
    strbuf_init(&walk->last, LEVEL_WALK_SKU_MAX);
}

void level_walk_done(struct level_walk *walk)
{
    strbuf_done(&walk->last);
}

void level_walk_begin(struct level_walk *walk)
{
    strbuf_reset(&walk->last);
}

const char *level_walk_next(struct level_walk *walk)
{
    walk->is_over = true;
    return strbuf_cstr(&walk->last);
}

bool level_walk_pass(struct level_walk *walk, struct strview sku)
{
    strbuf_reset(&walk->last);
    strbuf_append(&walk->last, sku);
    walk->is_over = !strbuf_ok(&walk->last);
    return id_form_fits(sku);
}
