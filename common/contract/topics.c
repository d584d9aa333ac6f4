/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/topics.h"

#include "common/base/id_form.h"
#include "common/base/parse.h"

#include <assert.h>
#include <stdio.h>

#define NAME_ROW(NAME, name) [AGGREGATE_##NAME] = #name,
static const char *const AGGREGATE_NAMES[] = {AGGREGATES(NAME_ROW)};

const char *aggregate_name(enum aggregate_type type)
{
    assert(type < AGGREGATE_COUNT);
    return AGGREGATE_NAMES[type];
}

bool aggregate_from_name(struct strview name, enum aggregate_type *ret)
{
    for (size_t i = 0; i < AGGREGATE_COUNT; i++) {
        if (strview_is(name, AGGREGATE_NAMES[i])) {
            *ret = (enum aggregate_type)i;
            return true;
        }
    }
    return false;
}

bool topic_name(const char *prefix, struct strview aggregatetype,
                char ret_name[static TOPIC_NAME_MAX + 1])
{
    if (aggregatetype.len == 0 || aggregatetype.len > TOPIC_NAME_MAX) {
        return false;
    }
    /* Kafka's alphabet is that of ids. */
    if (!id_form_has_all(aggregatetype) || !id_form_has_all(strview_of(prefix))) {
        return false;
    }
    char name[TOPIC_NAME_MAX + 1];
    const int len =
        snprintf(name, sizeof name, "%s%.*s.events", prefix, STRVIEW_ARG(aggregatetype));
    if (len < 0 || len > TOPIC_NAME_MAX) {
        return false;
    }
    memcpy(ret_name, name, (size_t)len + 1);
    return true;
}

int topic_type_of(const char *topic, const char *const *types, int count)
{
    const struct strview name = strview_of(topic);
    const bool is_name = name.len <= TOPIC_NAME_MAX && id_form_has_all(name);
    int found = -1;
    size_t found_len = 0;
    for (int i = 0; i < count && is_name; i++) {
        char end[TOPIC_NAME_MAX + 1];
        const size_t len = topic_name("", strview_of(types[i]), end) ? strlen(end) : 0;
        if (len > found_len && len <= name.len && strcmp(topic + name.len - len, end) == 0 &&
            (len == name.len || topic[name.len - len - 1] == '.')) {
            found = i;
            found_len = len;
        }
    }
    return found;
}

struct strview topics_write_sequence(struct strview digits,
                                     char out[static TOPICS_SEQUENCE_DIGITS + 1])
{
    assert(digits.len > 0 && digits.len <= TOPICS_SEQUENCE_DIGITS);
    const size_t zeros = TOPICS_SEQUENCE_DIGITS - digits.len;
    memset(out, '0', zeros);
    memcpy(out + zeros, digits.data, digits.len);
    out[TOPICS_SEQUENCE_DIGITS] = '\0';
    return (struct strview){.data = out, .len = TOPICS_SEQUENCE_DIGITS};
}

bool topics_read_sequence(struct strview text, int64_t *ret)
{
    if (text.len == 0 || text.len > TOPICS_SEQUENCE_DIGITS || text.data[0] == '-') {
        return false;
    }
    while (text.len > 1 && text.data[0] == '0') {
        text.data++;
        text.len--;
    }
    return parse_i64(text, ret);
}
