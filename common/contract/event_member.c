/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/event_member.h"

#include "common/contract/json.h"

#include <assert.h>
#include <string.h>

/* ---- writing ------------------------------------------------------------------------------- */

static void put_text(struct json_writer *writer, const struct event_member *member,
                     const char *place)
{
    struct strview text;
    memcpy(&text, place + member->offset, sizeof text);
    if (member->form == MEMBER_TEXT) {
        json_put_member_string(writer, member->name, text);
    } else {
        json_put_member_text(writer, member->name, text);
    }
}

static void put_number(struct json_writer *writer, const struct event_member *member,
                       const char *place)
{
    int64_t number;
    memcpy(&number, place + member->offset, sizeof number);
    if (member->form == MEMBER_NUMBER) {
        json_put_member_integer(writer, member->name, number);
    } else {
        json_put_member_nonzero(writer, member->name, number);
    }
}

static void put_time(struct json_writer *writer, const struct event_member *member,
                     const char *place)
{
    int64_t epoch_ms;
    memcpy(&epoch_ms, place + member->offset, sizeof epoch_ms);
    if (member->form == MEMBER_TIME || epoch_ms != 0) {
        json_put_kept_time(writer, member->name, epoch_ms);
    }
}

static void put_object(struct json_writer *writer, const struct event_member *members,
                       const char *place)
{
    json_open_object(writer);
    event_members_put(writer, members, place);
    json_close_object(writer);
}

static void put_list(struct json_writer *writer, const struct event_member *member,
                     const char *place)
{
    const char *items;
    size_t count;
    memcpy(&items, place + member->offset, sizeof items);
    memcpy(&count, place + member->count_offset, sizeof count);
    json_open_member_array(writer, member->name);
    for (size_t i = 0; i < count; i++) {
        put_object(writer, member->of, items + i * member->item_size);
    }
    json_close_array(writer);
}

void event_members_put(struct json_writer *writer, const struct event_member *members,
                       const void *place)
{
    assert(members != NULL); /* a row with members of its own names them */
    for (const struct event_member *member = members; member->name != NULL; member++) {
        switch (member->form) {
        case MEMBER_TEXT:
        case MEMBER_OPTIONAL_TEXT:
            put_text(writer, member, place);
            break;
        case MEMBER_NUMBER:
        case MEMBER_OPTIONAL_NUMBER:
            put_number(writer, member, place);
            break;
        case MEMBER_TIME:
        case MEMBER_OPTIONAL_TIME:
            put_time(writer, member, place);
            break;
        case MEMBER_PART:
            json_key(writer, member->name);
            put_object(writer, member->of, (const char *)place + member->offset);
            break;
        case MEMBER_LIST:
            put_list(writer, member, place);
            break;
        }
    }
}

void event_members_put_plain(struct json_writer *writer, const struct event_member *members,
                             const void *place)
{
    for (const struct event_member *member = members; member->name != NULL; member++) {
        if (member->of == NULL) {
            const struct event_member alone[] = {*member, MEMBERS_END};
            event_members_put(writer, alone, place);
        }
    }
}

/* ---- reading ------------------------------------------------------------------------------- */

static void read_text(struct event_reader *reader, const struct json_value *object,
                      const struct event_member *member, char *place)
{
    const struct strview text = member->form == MEMBER_TEXT
                                    ? event_read_text(reader, object, member->name)
                                    : event_read_optional_text(reader, object, member->name);
    memcpy(place + member->offset, &text, sizeof text);
}

static void read_number(struct event_reader *reader, const struct json_value *object,
                        const struct event_member *member, char *place)
{
    const int64_t number = member->form == MEMBER_NUMBER
                               ? event_read_integer(reader, object, member->name)
                               : event_read_optional_integer(reader, object, member->name);
    memcpy(place + member->offset, &number, sizeof number);
}

static void read_time(struct event_reader *reader, const struct json_value *object,
                      const struct event_member *member, char *place)
{
    const int64_t epoch_ms = event_read_time(reader, object, member->name);
    memcpy(place + member->offset, &epoch_ms, sizeof epoch_ms);
}

static void read_list(struct event_reader *reader, const struct json_value *object,
                      const struct event_member *member, char *place)
{
    const struct json_value *array = event_read_array(reader, object, member->name);
    char *items = array == NULL ? NULL : event_read_room(reader, array->count, member->item_size);
    if (items == NULL) {
        return;
    }
    size_t count = 0;
    for (const struct json_value *item = array->first; item != NULL; item = item->next) {
        event_members_read(reader, item, member->of, items + count++ * member->item_size);
    }
    memcpy(place + member->offset, &items, sizeof items);
    memcpy(place + member->count_offset, &count, sizeof count);
}

void event_members_read(struct event_reader *reader, const struct json_value *object,
                        const struct event_member *members, void *place)
{
    for (const struct event_member *member = members; member->name != NULL; member++) {
        switch (member->form) {
        case MEMBER_TEXT:
        case MEMBER_OPTIONAL_TEXT:
            read_text(reader, object, member, place);
            break;
        case MEMBER_NUMBER:
        case MEMBER_OPTIONAL_NUMBER:
            read_number(reader, object, member, place);
            break;
        case MEMBER_TIME:
        case MEMBER_OPTIONAL_TIME:
            read_time(reader, object, member, place);
            break;
        case MEMBER_PART:
            event_members_read(reader, event_read_object(reader, object, member->name), member->of,
                               (char *)place + member->offset);
            break;
        case MEMBER_LIST:
            read_list(reader, object, member, place);
            break;
        }
    }
}
