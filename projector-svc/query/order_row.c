/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/query/order_row.h"

typedef void put_fn(struct json_writer *writer, const char *name, int64_t value);

/* What a list shows of each order: the hash's fields, as numbers, times or texts. */
static const struct {
    const char *name;
    put_fn *put; /* NULL: it is a text */
} FIELDS[] = {
    {"status", NULL},
    {"payment_status", NULL},
    {"refund_state", NULL},
    {"dispute", NULL},
    {"customer_id", NULL},
    {"total_minor", json_put_member_integer},
    {"currency", NULL},
    {"item_count", json_put_member_integer},
    {"region", NULL},
    {"carrier", NULL},
    {"tracking_number", NULL},
    {"status_since", json_put_member_time},
    {"source_version", json_put_member_integer},
    {"waiting_for", json_put_member_integer},
};
enum { FIELD_COUNT = sizeof FIELDS / sizeof FIELDS[0] };

void order_row_ask(struct arglist *args)
{
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        arglist_add(args, strview_of(FIELDS[i].name));
    }
}

static void put_field(struct json_writer *writer, size_t field, const struct redisconn_reply *value)
{
    const struct strview text = redisconn_reply_text(value);
    if (text.len == 0) {
        return;
    }
    if (FIELDS[field].put != NULL) {
        FIELDS[field].put(writer, FIELDS[field].name, redisconn_reply_integer(value, 0));
    } else {
        json_put_member_string(writer, FIELDS[field].name, text);
    }
}

void order_row_put(struct json_writer *writer, const struct redisconn_reply *row)
{
    enum { ROW_ID = 0, ROW_TIME, ROW_FIELDS };
    json_open_object(writer);
    json_put_member_string(writer, "order_id", redisconn_reply_text_at(row, ROW_ID));
    json_put_member_time(writer, "placed_at", redisconn_reply_integer_at(row, ROW_TIME, 0));
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        put_field(writer, i, redisconn_reply_at(row, ROW_FIELDS + i));
    }
    json_close_object(writer);
}
