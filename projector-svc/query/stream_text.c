/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/query/stream_text.h"

#include "common/base/parse.h"
#include "common/contract/json_writer.h"
#include "common/io/redis/redisconn.h"
#include "projector-svc/core/readers.h"
#include "projector-svc/query/view_filter.h"

/* --- reading */

static struct strview field_of(const struct redisconn_reply *fields, const char *name)
{
    return redisconn_reply_text(redisconn_reply_field(fields, strview_of(name)));
}

bool stream_entries_read(const struct redisconn_reply *reply, struct arena *arena,
                         struct stream_entries *ret)
{
    const size_t count = redisconn_reply_count(reply);
    *ret = (struct stream_entries){.arena = arena, .count = count};
    ret->each = arena_array(arena, count + 1, sizeof *ret->each);
    ret->ids = arena_array(arena, count + 1, sizeof *ret->ids);
    if (ret->each == NULL || ret->ids == NULL) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        const struct redisconn_reply *row = redisconn_reply_at(reply, i);
        const struct redisconn_reply *fields = redisconn_reply_at(row, 1);
        if (!stream_id_parse(redisconn_reply_text_at(row, 0), &ret->ids[i])) {
            return false;
        }
        ret->each[i] = (struct stream_entry){.order_id = field_of(fields, "order_id"),
                                             .customer_id = field_of(fields, "customer_id"),
                                             .fields = fields};
    }
    return true;
}

bool stream_filter_takes(const struct stream_filter *filter, const struct stream_entry *entry)
{
    return may_see(strview_of(filter->order_id), entry->order_id) &&
           may_see(strview_of(filter->customer_id), entry->customer_id);
}

/* --- writing */

static void put_members(struct json_writer *writer, const struct redisconn_reply *fields,
                        enum role role)
{
    static const struct {
        const char *name;
        bool is_number;
    } MEMBERS[] = {{"version", true}, {"status", false},   {"event_id", false},
                   {"topic", false},  {"partition", true}, {"offset", true}};
    json_put_member_string(writer, "order_id", field_of(fields, "order_id"));
    if (readers_may_read(role, READABLE_STREAM_CUSTOMER)) {
        json_put_member_string(writer, "customer_id", field_of(fields, "customer_id"));
    }
    json_put_member_string(writer, "type", view_filter_type(field_of(fields, "type"), role));
    for (size_t i = 0; i < sizeof MEMBERS / sizeof MEMBERS[0]; i++) {
        const struct strview text = field_of(fields, MEMBERS[i].name);
        int64_t number = 0;
        if (MEMBERS[i].is_number && parse_i64(text, &number)) {
            json_put_member_integer(writer, MEMBERS[i].name, number);
        } else {
            json_put_member_string(writer, MEMBERS[i].name, text);
        }
    }
}

static void put_id(struct strbuf *out, struct stream_id id)
{
    char text[STREAM_ID_SIZE];
    strbuf_append(out, STRVIEW("id: "));
    strbuf_append(out, stream_id_print(id, text));
    strbuf_append_char(out, '\n');
}

static struct strview write_event(struct arena *arena, struct stream_id id,
                                  const struct redisconn_reply *fields, enum role role)
{
    struct strbuf out = STRBUF_IN(arena, STREAM_EVENT_MAX);
    put_id(&out, id);
    strbuf_append(&out, STRVIEW("data: "));
    struct json_writer writer = JSON_WRITER(&out);
    json_open_object(&writer);
    put_members(&writer, fields, role);
    json_close_object(&writer);
    const bool is_whole = json_writer_done(&writer);
    strbuf_append(&out, STRVIEW("\n\n"));
    const struct strview text = strbuf_keep(&out);
    return is_whole && text.data != NULL ? text : STRVIEW("");
}

struct strview stream_event_text(struct stream_entries *entries, size_t index, enum role role)
{
    const size_t form = (readers_may_read(role, READABLE_INTERNAL) ? 1U : 0U) +
                        (readers_may_read(role, READABLE_STREAM_CUSTOMER) ? 2U : 0U);
    struct stream_entry *entry = &entries->each[index];
    if (entry->texts[form].data == NULL) {
        entry->texts[form] = write_event(entries->arena, entries->ids[index], entry->fields, role);
    }
    return entry->texts[form];
}

void stream_put_place(struct strbuf *out, struct stream_id now_at)
{
    put_id(out, now_at);
    strbuf_append_char(out, '\n');
}

void stream_put_reset(struct strbuf *out, struct stream_id now_at, const char *reason)
{
    put_id(out, now_at);
    strbuf_append(out, STRVIEW("event: reset\ndata: "));
    struct json_writer writer = JSON_WRITER(out);
    json_open_object(&writer);
    json_put_member_string(&writer, "reason", strview_of(reason));
    json_close_object(&writer);
    strbuf_append(out, STRVIEW("\n\n"));
}

void stream_put_freshness(struct strbuf *out, struct stream_id now_at, struct strview document)
{
    put_id(out, now_at);
    strbuf_append(out, STRVIEW("event: freshness\ndata: "));
    strbuf_append(out, document);
    strbuf_append(out, STRVIEW("\n\n"));
}
