/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/views/told_times.h"

#include "common/base/ascii.h"
#include "common/base/parse.h"

#include <string.h>

/* The member's name whose closing quote stands at `quote`; empty where none begins as one must. */
static struct strview name_before(struct strview json, size_t quote)
{
    size_t first = quote;
    while (first > 0 && (ascii_is_lower(json.data[first - 1]) || json.data[first - 1] == '_')) {
        first--;
    }
    const bool is_name = first >= 2 && json.data[first - 1] == '"' &&
                         (json.data[first - 2] == '{' || json.data[first - 2] == ',');
    return (struct strview){.data = json.data + first, .len = is_name ? quote - first : 0};
}

static bool is_time(struct strview name)
{
    const struct strview after = STRVIEW("_at");
    return strview_is(name, "at") || strview_is(name, "since") ||
           strview_is(name, "status_since") ||
           (name.len > after.len &&
            memcmp(name.data + name.len - after.len, after.data, after.len) == 0);
}

static struct strview number_at(struct strview json, size_t first)
{
    size_t end = first;
    while (end < json.len && (ascii_is_digit(json.data[end]) || json.data[end] == '-')) {
        end++;
    }
    return (struct strview){.data = json.data + first, .len = end - first};
}

/* Behind the colon at `colon`: how many bytes the time has that stands there, and its text; 0:
 * there is none. */
static size_t read_time(struct strview json, size_t colon, char text[static TIME_TEXT_LEN + 1])
{
    const struct strview number = number_at(json, colon + 1);
    const size_t end = colon + 1 + number.len;
    int64_t at_ms;
    if (number.len == 0 || json.data[colon - 1] != '"' || end >= json.len ||
        (json.data[end] != ',' && json.data[end] != '}') ||
        !is_time(name_before(json, colon - 1)) || !parse_i64(number, &at_ms) ||
        !time_has_text(at_ms)) {
        return 0;
    }
    format_time_ms(at_ms, text);
    return number.len;
}

struct strview told_times(struct strview json, struct strbuf *out)
{
    size_t told = 0;
    for (size_t at = 1; at < json.len; at++) {
        const char *colon = memchr(json.data + at, ':', json.len - at);
        char text[TIME_TEXT_LEN + 1];
        if (colon == NULL) {
            break;
        }
        at = (size_t)(colon - json.data);
        const size_t len = read_time(json, at, text);
        if (len > 0) {
            strbuf_append(out, (struct strview){json.data + told, at + 1 - told});
            strbuf_append_char(out, '"');
            strbuf_append(out, strview_of(text));
            strbuf_append_char(out, '"');
            told = at + 1 + len;
        }
    }
    if (told == 0) {
        return json;
    }
    if (told < json.len) {
        strbuf_append(out, (struct strview){json.data + told, json.len - told});
    }
    return strbuf_view(out);
}

/* The shortest that grows, "at":0 and a comma, has 7 bytes and is told in 32. */
enum { GROWS = 5 };

struct strview told_times_in(struct strview json, struct arena *arena)
{
    struct strbuf out = STRBUF_IN(arena, GROWS * json.len);
    const struct strview told = told_times(json, &out);
    return told.data == json.data ? told : strbuf_keep(&out);
}
