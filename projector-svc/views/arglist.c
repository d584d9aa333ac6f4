/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/views/arglist.h"

#include "common/base/arena.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void arglist_add(struct arglist *list, struct strview arg)
{
    if (list->count == list->cap) {
        const size_t cap = list->cap == 0 ? 16 : list->cap * 2;
        struct strview *args = arena_array(list->arena, cap, sizeof *args);
        if (args == NULL) {
            list->failed = true;
            return;
        }
        if (list->count > 0) {
            memcpy(args, list->args, list->count * sizeof *args);
        }
        list->args = args;
        list->cap = cap;
    }
    list->failed = list->failed || arg.data == NULL;
    list->args[list->count++] = arg;
}

void arglist_add_number(struct arglist *list, int64_t value)
{
    char text[sizeof "-9223372036854775808"];
    const int len = snprintf(text, sizeof text, "%" PRId64, value);
    const char *copy = arena_copy(list->arena, (struct strview){.data = text, .len = (size_t)len});
    arglist_add(list, (struct strview){.data = copy, .len = (size_t)len});
}
