/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/risk_flags.h"

#include "common/base/id_form.h"

static size_t find(const struct risk_flags *flags, struct strview name)
{
    size_t at = 0;
    while (at < flags->count && !strview_equal(flags->names[at], name)) {
        at++;
    }
    return at;
}

bool risk_flags_has(const struct risk_flags *flags, struct strview name)
{
    return find(flags, name) < flags->count;
}

bool risk_flags_set(struct risk_flags *flags, struct strview name)
{
    if (flags->count == RISK_FLAGS_MAX || risk_flags_has(flags, name)) {
        return false;
    }
    flags->names[flags->count++] = name;
    return true;
}

bool risk_flags_clear(struct risk_flags *flags, struct strview name)
{
    const size_t at = find(flags, name);
    if (at == flags->count) {
        return false;
    }
    flags->count--;
    for (size_t i = at; i < flags->count; i++) {
        flags->names[i] = flags->names[i + 1];
    }
    flags->names[flags->count] = (struct strview){0};
    return true;
}

void risk_flags_join(const struct risk_flags *flags, struct strbuf *out)
{
    for (size_t i = 0; i < flags->count; i++) {
        if (i > 0) {
            strbuf_append_char(out, ',');
        }
        strbuf_append(out, flags->names[i]);
    }
}

bool risk_flags_split(struct strview text, struct risk_flags *ret)
{
    struct risk_flags flags = {.count = 0};
    while (text.len > 0) {
        const struct strview name = strview_take(&text, ',');
        if (name.len > ID_FORM_MAX || !risk_flags_set(&flags, name)) {
            return false;
        }
    }
    *ret = flags;
    return true;
}
