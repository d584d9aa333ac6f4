/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_writer.h - JSON, one call per part, with one sticky failure; nobody writes it by hand.
 *
 * Why our own and not yajl's: answers put members behind a document that Redis keeps, and that
 * document into an answer as it stands; yajl's generator can do neither, and allocates for each
 * document. Commas, colons, quotes and escapes are made here and nowhere else.
 *
 * Ownership: the bytes go into the caller's strbuf, which outlives the writer; there is nothing to
 * free. Errors: a text that is not UTF-8, a value where a key must stand, a document left open, a
 * full strbuf: all are told by json_writer_done() alone. Limits: nesting 32.
 */
#ifndef COMMON_CONTRACT_JSON_WRITER_H
#define COMMON_CONTRACT_JSON_WRITER_H

#include "common/base/error.h"
#include "common/base/strbuf.h"
#include "common/base/strview.h"

#include <stdbool.h>
#include <stdint.h>

enum { JSON_WRITER_DEPTH_MAX = 32 };

/* In which form a document that is kept has its times: RFC 3339, or epoch milliseconds. */
enum json_times { JSON_TIMES_TEXT = 0, JSON_TIMES_NUMBERS };

enum json_place { JSON_AT_BEGIN = 0, JSON_BEHIND_KEY, JSON_BEHIND_VALUE };

struct json_writer {
    struct strbuf *out;
    uint32_t objects;      /* bit n: level n is an object, else an array */
    unsigned depth;        /* open levels */
    enum json_place place; /* in the innermost of them */
    enum json_times times; /* of json_put_kept_time(); TEXT where nobody sets another */
    bool failed;
    bool mends; /* strings that are not UTF-8 are shown as far as they are ASCII */
};

/* Appends to out. It is strict: a string that is not UTF-8 fails all of it. For what shows what
 * others keep, of which one byte may be damaged, set mends. */
#define JSON_WRITER(text) ((struct json_writer){.out = (text)})
void json_writer_init(struct json_writer *writer, struct strbuf *out);

/* Whether one whole document was written; out's bytes are useless otherwise. */
MUST_USE bool json_writer_done(const struct json_writer *writer);

void json_open_object(struct json_writer *writer);
/* An object that begins with the members of one that was made elsewhere. */
void json_open_object_of(struct json_writer *writer, struct strview object);
void json_close_object(struct json_writer *writer);
void json_open_array(struct json_writer *writer);
void json_close_array(struct json_writer *writer);

/* name is a literal of ours. */
void json_key(struct json_writer *writer, const char *name);
void json_key_text(struct json_writer *writer, struct strview name);

void json_put_string(struct json_writer *writer, struct strview text);
void json_put_integer(struct json_writer *writer, int64_t value);
void json_put_bool(struct json_writer *writer, bool value);
void json_put_null(struct json_writer *writer);
void json_put_raw(struct json_writer *writer, struct strview json); /* JSON text made elsewhere */

struct json_value;
void json_put_value(struct json_writer *writer,
                    const struct json_value *value); /* as it was read */

/* Key and value, or key and what opens, in one call. The text form leaves the member out when the
 * text is empty. */
void json_open_member_object(struct json_writer *writer, const char *name);
void json_open_member_array(struct json_writer *writer, const char *name);
void json_put_member_string(struct json_writer *writer, const char *name, struct strview text);
void json_put_member_text(struct json_writer *writer, const char *name, struct strview text);
void json_put_member_integer(struct json_writer *writer, const char *name, int64_t value);
/* Left out where it is 0. */
void json_put_member_nonzero(struct json_writer *writer, const char *name, int64_t value);
void json_put_member_bool(struct json_writer *writer, const char *name, bool value);
/* RFC 3339; null where the year has not four digits. */
void json_put_member_time(struct json_writer *writer, const char *name, int64_t epoch_ms);
/* In the writer's form; a number where the year has not four digits, so that none is lost. */
void json_put_kept_time(struct json_writer *writer, const char *name, int64_t epoch_ms);

#endif
