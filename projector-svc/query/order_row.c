/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/query/order_row.h"

/* What a list shows of each order: the hash's fields, as numbers or texts. */
static const struct {
    const char *name;
    bool is_number;
} FIELDS[] = {
    {"status", false},        {"payment_status", false},  {"refund_state", false},
    {"dispute", false},       {"customer_id", false},     {"total_minor", true},
    {"currency", false},      {"item_count", true},       {"region", false},
    {"carrier", false},       {"tracking_number", false}, {"status_since", true},
    {"source_version", true}, {"waiting_for", true},
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
    if (FIELDS[field].is_number) {
        json_put_member_integer(writer, FIELDS[field].name, redisconn_reply_integer(value, 0));
    } else {
        json_put_member_string(writer, FIELDS[field].name, text);
    }
}

void order_row_put(struct json_writer *writer, const struct redisconn_reply *row)
{
    enum { ROW_ID = 0, ROW_TIME, ROW_FIELDS };
    json_open_object(writer);
    json_put_member_string(writer, "order_id",
                           redisconn_reply_text(redisconn_reply_at(row, ROW_ID)));
    json_put_member_integer(writer, "placed_at",
                            redisconn_reply_integer(redisconn_reply_at(row, ROW_TIME), 0));
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        put_field(writer, i, redisconn_reply_at(row, ROW_FIELDS + i));
    }
    json_close_object(writer);
}
