/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/core/contact.h"

#include "common/base/ascii.h"
#include "common/base/utf8.h"

#include <assert.h>

struct strview contact_email(struct arena *arena, struct strview typed)
{
    const struct strview address = utf8_trim(typed);
    char *email = arena_alloc(arena, address.len + 1);
    if (email == NULL) {
        return (struct strview){.data = NULL};
    }
    for (size_t i = 0; i < address.len; i++) {
        const char byte = address.data[i];
        email[i] = byte >= 'A' && byte <= 'Z' ? (char)(byte - 'A' + 'a') : byte;
    }
    assert(address.len <= typed.len);
    return (struct strview){.data = email, .len = address.len};
}

struct strview contact_phone(struct arena *arena, struct strview typed)
{
    char *phone = arena_alloc(arena, typed.len + 1);
    if (phone == NULL) {
        return (struct strview){.data = NULL};
    }
    size_t len = 0;
    bool has_plus = false;
    for (size_t i = 0; i < typed.len; i++) {
        has_plus = has_plus || (len == 0 && typed.data[i] == '+');
        if (ascii_is_digit(typed.data[i])) {
            phone[len++] = typed.data[i];
        }
    }
    /* 00 is how a + is dialled. */
    const size_t skip = !has_plus && len > 2 && phone[0] == '0' && phone[1] == '0' ? 2 : 0;
    assert(len <= typed.len);
    assert(skip <= len);
    return (struct strview){.data = phone + skip, .len = len - skip};
}
