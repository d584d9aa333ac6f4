/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/views/arglist.h"

#include "common/base/arena.h"

#include <inttypes.h>
#include <stdio.h>
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
    char text[sizeof "-9223372036854775808"];
    const int len = snprintf(text, sizeof text, "%" PRId64, value);
    arglist_add(list, arena_view(list->arena, (struct strview){text, (size_t)len}));
}
