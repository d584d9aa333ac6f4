/* SPDX-License-Identifier: Apache-2.0 */
#include "common/run/log.h"

#include "common/base/parse.h"
#include "common/base/utf8.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static_assert(LOG_LINE_MAX <= PIPE_BUF, "a line must fit into one atomic write to a pipe");

enum { STUCK_MS = 100 }; /* how long a line may wait for a reader that does not read */

#define NAME_ROW(LEVEL, name) [LOG_##LEVEL] = (name),
static const char *const LEVEL_NAMES[] = {LOG_LEVELS(NAME_ROW)};

static struct {
    const char *service;
    enum log_level level;
    atomic_uint dropped; /* lines lost since the last one that got through */
} log_state = {.service = "-", .level = LOG_INFO};

/* A line under construction; full once something did not fit. */
struct line {
    char *data;
    size_t len;
    size_t size; /* the closing "}\n" is kept free behind it */
    bool is_full;
};

void log_setup(const char *service, enum log_level level)
{
    log_state.service = service;
    log_state.level = level;
}

bool log_is_on(enum log_level level)
{
    return level <= log_state.level;
}

static void put(struct line *line, const char *bytes, size_t len)
{
    if (line->is_full || len > line->size - line->len) {
        line->is_full = true;
        return;
    }
    memcpy(line->data + line->len, bytes, len);
    line->len += len;
}

static void put_text(struct line *line, const char *text)
{
    put(line, text, strlen(text));
}

static void put_escaped(struct line *line, unsigned char c)
{
    char text[8];
    (void)snprintf(text, sizeof text, "\\u%04x", c);
    put_text(line, text);
}

static void put_string(struct line *line, struct strview text)
{
    const bool is_cut = text.len > LOG_VALUE_MAX;
    text.len = is_cut ? LOG_VALUE_MAX : text.len;
    put(line, "\"", 1);
    while (text.len > 0) {
        const unsigned char c = (unsigned char)text.data[0];
        size_t len = utf8_sequence_len(text);
        if (c < ' ' || c == 0x7f) {
            put_escaped(line, c);
            len = 1; /* NUL is none in UTF-8's table */
        } else if (len == 0) {
            put_text(line, "\\ufffd");
            len = 1;
        } else if (c == '"' || c == '\\') {
            put(line, "\\", 1);
            put(line, text.data, 1);
        } else {
            put(line, text.data, len);
        }
        text.data += len;
        text.len -= len;
    }
    put_text(line, is_cut ? "…\"" : "\"");
}

static void put_key(struct line *line, const char *key)
{
    put_text(line, ",");
    put_string(line, strview_of(key));
    put_text(line, ":");
}

static void put_integer(struct line *line, int64_t value)
{
    put_text(line, NUMBER_TEXT(value));
}

static void put_value(struct line *line, const struct log_field *field)
{
    switch (field->type) {
    case LOG_FIELD_STRING:
        if (field->as.string == NULL) {
            put_text(line, "null");
        } else {
            put_string(line, strview_of(field->as.string));
        }
        break;
    case LOG_FIELD_VIEW:
        put_string(line, field->as.view);
        break;
    case LOG_FIELD_INT:
        put_integer(line, field->as.integer);
        break;
    case LOG_FIELD_BOOL:
        put_text(line, field->as.boolean ? "true" : "false");
        break;
    case LOG_FIELD_ERROR:
        put_string(line, strview_of(field->as.error->text));
        put_key(line, "kind");
        put_string(line, strview_of(error_kind_name(field->as.error->kind)));
        break;
    case LOG_FIELD_NONE:
        put_text(line, "null");
        break;
    }
}

static void put_head(struct line *line, int64_t wall_ms, enum log_level level, const char *event)
{
    char time[TIME_TEXT_LEN + 1];
    format_time_ms(wall_ms, time);
    put_text(line, "{\"time\":\"");
    put_text(line, time);
    put_text(line, "\",\"level\":\"");
    put_text(line, LEVEL_NAMES[level]);
    put_text(line, "\"");
    put_key(line, "service");
    put_string(line, strview_of(log_state.service));
    put_key(line, "event");
    put_string(line, strview_of(event));
}

size_t log_format(char *out, size_t size, int64_t wall_ms, enum log_level level, const char *event,
                  const struct log_field *fields)
{
    struct line line = {.data = out, .size = size - 2};
    put_head(&line, wall_ms, level, event);
    for (; fields->type != LOG_FIELD_NONE; fields++) {
        const size_t before = line.len;
        put_key(&line, fields->key);
        put_value(&line, fields);
        if (line.is_full) {
            line.len = before; /* a field is there whole or not at all */
            line.is_full = false;
        }
    }
    out[line.len] = '}';
    out[line.len + 1] = '\n';
    return line.len + 2;
}

/*
 * A pipe that poll() calls writable takes PIPE_BUF bytes without blocking. While
 * a reader is stuck only the first line waits for it.
 */
static bool write_line(const char *line, size_t len)
{
    const int wait_ms = atomic_load(&log_state.dropped) == 0 ? STUCK_MS : 0;
    struct pollfd ready = {.fd = STDERR_FILENO, .events = POLLOUT};
    if (poll(&ready, 1, wait_ms) != 1) {
        return false;
    }
    ssize_t written = 0;
    do {
        written = write(STDERR_FILENO, line, len);
    } while (written < 0 && errno == EINTR);
    return written == (ssize_t)len;
}

static int64_t wall_now_ms(void)
{
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool write_event(enum log_level level, const char *event, const struct log_field *fields)
{
    char line[LOG_LINE_MAX];
    return write_line(line, log_format(line, sizeof line, wall_now_ms(), level, event, fields));
}

void log_write(enum log_level level, const char *event, const struct log_field *fields)
{
    if (!log_is_on(level)) {
        return;
    }
    const int saved = errno;
    if (!write_event(level, event, fields)) {
        (void)atomic_fetch_add(&log_state.dropped, 1);
        errno = saved;
        return;
    }
    const unsigned dropped = atomic_exchange(&log_state.dropped, 0);
    if (dropped > 0) {
        (void)write_event(LOG_WARN, "log_lines_dropped",
                          (const struct log_field[]){LOG_INT("count", dropped), LOG_END});
    }
    errno = saved;
}
