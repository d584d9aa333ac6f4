/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/views/arglist.h"

#include "common/base/arena.h"
#include "common/base/parse.h"

#include <string.h>

void arglist_add(struct arglist *list, struct strview arg)
{
    struct strview *args =
        arena_grow(list->arena, list->args, list->count, &list->cap, sizeof *args);
    if (args == NULL) {
        list->failed = true;
        return;
    }
    list->failed = list->failed || arg.data == NULL;
    list->args = args;
    list->args[list->count++] = arg;
}

void arglist_add_number(struct arglist *list, int64_t value)
{
    arglist_add(list, arena_view(list->arena, strview_of(NUMBER_TEXT(value))));
}
