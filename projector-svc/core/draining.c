/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/core/draining.h"

#include <assert.h>
#include <string.h>

/* The next one and the newest have ids: an empty one says that there is none. */
static bool is_sound(const struct draining *draining)
{
    return draining->count <= DRAINING_MAX &&
           (draining->count == 0 || (id_form_fits(strview_of(draining->ids[0])) &&
                                     id_form_fits(strview_of(draining->ids[draining->count - 1]))));
}

static size_t place_of(const struct draining *draining, struct strview id)
{
    assert(is_sound(draining));
    size_t place = 0;
    while (place < draining->count && !strview_is(id, draining->ids[place])) {
        place++;
    }
    return place;
}

bool draining_has(const struct draining *draining, struct strview id)
{
    return place_of(draining, id) < draining->count;
}

void draining_note(struct draining *draining, struct strview id, bool is_draining)
{
    const size_t place = place_of(draining, id);
    if (place < draining->count) {
        draining->count--;
        memmove(draining->ids[place], draining->ids[place + 1],
                (draining->count - place) * sizeof draining->ids[0]);
    }
    if (is_draining && draining->count < DRAINING_MAX && id_form_fits(id)) {
        char *kept = draining->ids[draining->count++];
        memcpy(kept, id.data, id.len);
        kept[id.len] = '\0';
    }
    assert(is_sound(draining));
    /* named once at most, and then last */
    assert(place_of(draining, id) + (is_draining ? 1 : 0) >= draining->count);
}

struct strview draining_first(const struct draining *draining)
{
    assert(is_sound(draining));
    const struct strview first = draining->count > 0 ? strview_of(draining->ids[0]) : STRVIEW("");
    assert((first.len == 0) == (draining->count == 0)); /* who is drained is told by its id */
    return first;
}
