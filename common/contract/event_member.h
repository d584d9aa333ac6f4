/* SPDX-License-Identifier: Apache-2.0 */
/*
 * event_member.h - what an event holds as a list of rows, each read and written by the same row.
 *
 * Why rows: a member that an encoder writes and a decoder forgets would be lost without a word.
 * Names stand in the payload's order.
 *
 * Private to common/contract.
 */
#ifndef COMMON_CONTRACT_EVENT_MEMBER_H
#define COMMON_CONTRACT_EVENT_MEMBER_H

#include "common/contract/event_reader.h"

#include <stddef.h>

struct json_writer;

/* OPTIONAL: left out where it is empty, or 0. PART: an object. LIST: an array of objects. TIME:
 * epoch milliseconds in its field; in a document that is kept, RFC 3339 or those, as the writer is
 * told, and both are read. */
enum event_member_form {
    MEMBER_TEXT,
    MEMBER_OPTIONAL_TEXT,
    MEMBER_NUMBER,
    MEMBER_OPTIONAL_NUMBER,
    MEMBER_TIME,
    MEMBER_OPTIONAL_TIME,
    MEMBER_PART,
    MEMBER_LIST
};

struct event_member {
    const char *name; /* NULL ends a list of rows */
    enum event_member_form form;
    size_t offset; /* of its field: a struct strview, an int64_t, a pointer to items */
    const struct event_member *of; /* what a part, or each item of a list, holds */
    size_t item_size;
    size_t count_offset; /* of the size_t that counts a list's items */
};

/* NOLINTBEGIN(bugprone-macro-parentheses): a field's name cannot stand in parentheses */
/* clang-format off */
#define MEMBER_NAMED(name, form, type, field) {name, form, offsetof(type, field), NULL, 0, 0}
#define MEMBER(form, type, owner, field)      {#field, form, offsetof(type, owner field), NULL, 0, 0}
#define MEMBER_PART_OF(name, type, field, of) {name, MEMBER_PART, offsetof(type, field), of, 0, 0}
#define MEMBERS_END                           {NULL, MEMBER_TEXT, 0, NULL, 0, 0}
/* clang-format on */
/* NOLINTEND(bugprone-macro-parentheses) */

/* The members of what begins at place, into the object that is open. */
void event_members_put(struct json_writer *writer, const struct event_member *members,
                       const void *place);

/* The same without the parts and lists. */
void event_members_put_plain(struct json_writer *writer, const struct event_member *members,
                             const void *place);

void event_members_read(struct event_reader *reader, const struct json_value *object,
                        const struct event_member *members, void *place);

#endif
