/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/views/view_json.h"

#include "common/contract/json.h"

static void put_word(struct json_writer *writer, const char *name, const char *value)
{
    json_put_member_string(writer, name, strview_of(value));
}

static void put_placed(struct json_writer *writer, const struct order_placed *placed)
{
    json_key(writer, "customer");
    json_open_object(writer);
    json_put_member_string(writer, "customer_id", placed->customer_id);
    json_put_member_string(writer, "name", placed->customer_name);
    json_close_object(writer);
    json_put_member_string(writer, "currency", placed->currency);
    json_put_member_integer(writer, "total_minor", placed->total_minor);
    json_put_member_integer(writer, "item_count", placed->item_count);
    json_put_member_string(writer, "region", placed->region);
    order_event_put_details(writer, placed);
}

static void put_payment(struct json_writer *writer, const struct order_view *view)
{
    json_key(writer, "payment");
    json_open_object(writer);
    json_put_member_string(writer, "provider", view->placed.provider);
    json_put_member_string(writer, "method", view->placed.method);
    if (view->authorization.at_ms != 0) {
        json_put_member_integer(writer, "authorized_minor", view->authorization.amount_minor);
        json_put_member_string(writer, "reference", view->authorization.reference);
        json_put_member_integer(writer, "authorized_at", view->authorization.at_ms);
    }
    json_put_member_nonzero(writer, "captured_minor", view->captured_minor);
    json_put_member_nonzero(writer, "refunded_minor", view->refunded_minor);
    json_close_object(writer);
}

static void put_shipment(struct json_writer *writer, const struct order_view *view)
{
    if (view->shipment.shipped_at_ms == 0 && view->shipment.delivered_at_ms == 0) {
        return;
    }
    json_key(writer, "shipment");
    json_open_object(writer);
    json_put_member_text(writer, "carrier", view->shipment.carrier);
    json_put_member_text(writer, "tracking_number", view->shipment.tracking_number);
    json_put_member_nonzero(writer, "shipped_at", view->shipment.shipped_at_ms);
    json_put_member_nonzero(writer, "delivered_at", view->shipment.delivered_at_ms);
    json_put_member_text(writer, "tracking_status", view->shipment.tracking_status);
    json_put_member_text(writer, "location", view->shipment.location);
    json_put_member_nonzero(writer, "tracked_at", view->shipment.tracked_at_ms);
    json_close_object(writer);
}

static void put_return(struct json_writer *writer, const struct order_view *view)
{
    if (view->returning.at_ms == 0) {
        return;
    }
    json_key(writer, "return");
    json_open_object(writer);
    json_put_member_text(writer, "reason", view->returning.reason);
    json_put_member_integer(writer, "returned_at", view->returning.at_ms);
    json_close_object(writer);
}

static void put_cancellation(struct json_writer *writer, const struct order_view *view)
{
    if (view->cancellation.at_ms == 0) {
        return;
    }
    json_key(writer, "cancellation");
    json_open_object(writer);
    json_put_member_text(writer, "reason", view->cancellation.reason);
    json_put_member_integer(writer, "cancelled_at", view->cancellation.at_ms);
    json_close_object(writer);
}

static void put_freshness(struct json_writer *writer, const struct order_view *view,
                          int64_t projected_at_ms)
{
    json_key(writer, "freshness");
    json_open_object(writer);
    json_put_member_integer(writer, "source_version", view->version);
    json_put_member_string(writer, "last_event_id", view->last_event_id);
    json_put_member_string(writer, "last_event_type", view->last_event_type);
    json_put_member_integer(writer, "projected_at", projected_at_ms);
    json_close_object(writer);
}

static void put_risk_flags(struct json_writer *writer, const struct risk_flags *flags)
{
    if (flags->count == 0) {
        return;
    }
    json_key(writer, "risk_flags");
    json_open_array(writer);
    for (size_t i = 0; i < flags->count; i++) {
        json_put_string(writer, flags->names[i]);
    }
    json_close_array(writer);
}

bool view_json_details(const struct order_view *view, int64_t projected_at_ms, struct strbuf *out)
{
    struct json_writer writer;
    json_writer_init(&writer, out);
    json_open_object(&writer);
    json_put_member_string(&writer, "order_id", view->order_id);
    put_word(&writer, "status", order_status_name(view->status));
    put_word(&writer, "payment_status", payment_status_name(view->payment_status));
    put_word(&writer, "refund_state", refund_state_name(view->refund_state));
    put_word(&writer, "dispute", dispute_state_name(view->dispute));
    put_risk_flags(&writer, &view->risk_flags);
    if (view->placed.customer_id.len > 0) {
        put_placed(&writer, &view->placed);
        put_payment(&writer, view);
    }
    put_shipment(&writer, view);
    put_cancellation(&writer, view);
    put_return(&writer, view);
    json_put_member_nonzero(&writer, "placed_at", view->placed_at_ms);
    json_put_member_nonzero(&writer, "status_since", view->status_since_ms);
    json_put_member_nonzero(&writer, "updated_at", view->updated_at_ms);
    put_freshness(&writer, view, projected_at_ms);
    json_close_object(&writer);
    return json_writer_done(&writer);
}

/* --- reading it back */

static bool read_words(const struct json_value *doc, struct order_view *view)
{
    return order_status_parse(json_text(doc, "status"), &view->status) &&
           payment_status_parse(json_text(doc, "payment_status"), &view->payment_status) &&
           refund_state_parse(json_text(doc, "refund_state"), &view->refund_state) &&
           dispute_state_parse(json_text(doc, "dispute"), &view->dispute);
}

static bool read_risk_flags(const struct json_value *array, struct risk_flags *flags)
{
    const struct json_value *item = array == NULL ? NULL : array->first;
    for (; item != NULL; item = item->next) {
        if (!risk_flags_set(flags, item->text)) {
            return false;
        }
    }
    return true;
}

static bool read_lines(const struct json_value *array, struct arena *arena,
                       struct order_placed *placed)
{
    if (array == NULL || array->type != JSON_ARRAY) {
        return true;
    }
    struct order_line *lines = arena_array(arena, array->count, sizeof *lines);
    if (lines == NULL) {
        return false;
    }
    for (const struct json_value *item = array->first; item != NULL; item = item->next) {
        lines[placed->line_count++] = (struct order_line){
            .sku = json_text(item, "sku"),
            .name = json_text(item, "name"),
            .quantity = json_integer(item, "quantity", 0),
            .unit_price_minor = json_integer(item, "unit_price_minor", 0),
        };
    }
    placed->lines = lines;
    return true;
}

static void read_placed(const struct json_value *doc, struct order_placed *placed)
{
    const struct json_value *customer = json_member(doc, "customer");
    const struct json_value *payment = json_member(doc, "payment");
    const struct json_value *address = json_member(doc, "shipping_address");
    *placed = (struct order_placed){
        .customer_id = json_text(customer, "customer_id"),
        .customer_name = json_text(customer, "name"),
        .currency = json_text(doc, "currency"),
        .total_minor = json_integer(doc, "total_minor", 0),
        .item_count = json_integer(doc, "item_count", 0),
        .region = json_text(doc, "region"),
        .provider = json_text(payment, "provider"),
        .method = json_text(payment, "method"),
        .address =
            {
                .name = json_text(address, "name"),
                .line1 = json_text(address, "line1"),
                .line2 = json_text(address, "line2"),
                .city = json_text(address, "city"),
                .postal_code = json_text(address, "postal_code"),
                .region = json_text(address, "region"),
                .country = json_text(address, "country"),
            },
    };
}

static void read_history(const struct json_value *doc, struct order_view *view)
{
    const struct json_value *payment = json_member(doc, "payment");
    const struct json_value *shipment = json_member(doc, "shipment");
    const struct json_value *cancellation = json_member(doc, "cancellation");
    const struct json_value *returning = json_member(doc, "return");
    view->placed_at_ms = json_integer(doc, "placed_at", 0);
    view->status_since_ms = json_integer(doc, "status_since", 0);
    view->updated_at_ms = json_integer(doc, "updated_at", 0);
    view->authorization.amount_minor = json_integer(payment, "authorized_minor", 0);
    view->authorization.reference = json_text(payment, "reference");
    view->authorization.at_ms = json_integer(payment, "authorized_at", 0);
    view->shipment.carrier = json_text(shipment, "carrier");
    view->shipment.tracking_number = json_text(shipment, "tracking_number");
    view->shipment.shipped_at_ms = json_integer(shipment, "shipped_at", 0);
    view->shipment.delivered_at_ms = json_integer(shipment, "delivered_at", 0);
    view->shipment.tracking_status = json_text(shipment, "tracking_status");
    view->shipment.location = json_text(shipment, "location");
    view->shipment.tracked_at_ms = json_integer(shipment, "tracked_at", 0);
    view->captured_minor = json_integer(payment, "captured_minor", 0);
    view->refunded_minor = json_integer(payment, "refunded_minor", 0);
    view->returning.reason = json_text(returning, "reason");
    view->returning.at_ms = json_integer(returning, "returned_at", 0);
    view->cancellation.reason = json_text(cancellation, "reason");
    view->cancellation.at_ms = json_integer(cancellation, "cancelled_at", 0);
}

enum error_kind view_json_read_details(struct strview json, struct arena *arena,
                                       struct order_view *ret, struct error *err)
{
    const struct json_value *doc = NULL;
    const enum error_kind kind = json_parse(json, arena, &doc, err);
    if (kind != ERROR_NONE) {
        return kind;
    }
    const struct json_value *freshness = json_member(doc, "freshness");
    struct order_view view = {
        .order_id = json_text(doc, "order_id"),
        .version = json_integer(freshness, "source_version", 0),
        .last_event_id = json_text(freshness, "last_event_id"),
        .last_event_type = json_text(freshness, "last_event_type"),
    };
    if (!read_words(doc, &view) ||
        !read_risk_flags(json_member(doc, "risk_flags"), &view.risk_flags) || view.version <= 0 ||
        view.order_id.len == 0) {
        return error_set(err, ERROR_INVALID, "this is no details document");
    }
    read_placed(doc, &view.placed);
    if (!read_lines(json_member(doc, "lines"), arena, &view.placed)) {
        return error_set(err, ERROR_EXHAUSTED, "a details document needs too much memory");
    }
    read_history(doc, &view);
    *ret = view;
    return ERROR_NONE;
}
