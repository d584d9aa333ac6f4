/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/views/view_json.h"

#include "common/contract/event_member.h"
#include "common/contract/json.h"

#define PLACED(form, field)     MEMBER(form, struct order_view, placed., field)
#define VIEW(form, name, field) MEMBER_NAMED(name, form, struct order_view, field)

static const struct event_member CUSTOMER[] = {
    PLACED(MEMBER_TEXT, customer_id), VIEW(MEMBER_TEXT, "name", placed.customer_name), MEMBERS_END};

static const struct event_member PLACED_MEMBERS[] = {
    {"customer", MEMBER_PART, 0, CUSTOMER, 0, 0}, PLACED(MEMBER_TEXT, currency),
    PLACED(MEMBER_NUMBER, total_minor),           PLACED(MEMBER_NUMBER, item_count),
    PLACED(MEMBER_OPTIONAL_TEXT, region),         MEMBERS_END};

static const struct event_member PAYMENT_WAY[] = {PLACED(MEMBER_TEXT, provider),
                                                  PLACED(MEMBER_TEXT, method), MEMBERS_END};

static const struct event_member AUTHORIZATION[] = {
    VIEW(MEMBER_NUMBER, "authorized_minor", authorization.amount_minor),
    VIEW(MEMBER_TEXT, "reference", authorization.reference),
    VIEW(MEMBER_TIME, "authorized_at", authorization.at_ms), MEMBERS_END};

static const struct event_member PAYMENT_SUMS[] = {
    VIEW(MEMBER_OPTIONAL_NUMBER, "captured_minor", captured_minor),
    VIEW(MEMBER_OPTIONAL_NUMBER, "refunded_minor", refunded_minor), MEMBERS_END};

static const struct event_member SHIPMENT[] = {
    VIEW(MEMBER_OPTIONAL_TEXT, "carrier", shipment.carrier),
    VIEW(MEMBER_OPTIONAL_TEXT, "tracking_number", shipment.tracking_number),
    VIEW(MEMBER_OPTIONAL_TIME, "shipped_at", shipment.shipped_at_ms),
    VIEW(MEMBER_OPTIONAL_TIME, "delivered_at", shipment.delivered_at_ms),
    VIEW(MEMBER_OPTIONAL_TEXT, "tracking_status", shipment.tracking_status),
    VIEW(MEMBER_OPTIONAL_TEXT, "location", shipment.location),
    VIEW(MEMBER_OPTIONAL_TIME, "tracked_at", shipment.tracked_at_ms),
    MEMBERS_END};

static const struct event_member CANCELLATION[] = {
    VIEW(MEMBER_OPTIONAL_TEXT, "reason", cancellation.reason),
    VIEW(MEMBER_TIME, "cancelled_at", cancellation.at_ms), MEMBERS_END};

static const struct event_member RETURNING[] = {
    VIEW(MEMBER_OPTIONAL_TEXT, "reason", returning.reason),
    VIEW(MEMBER_TIME, "returned_at", returning.at_ms), MEMBERS_END};

static const struct event_member DISPUTE_CASE[] = {
    VIEW(MEMBER_OPTIONAL_TEXT, "reason", dispute_case.reason),
    VIEW(MEMBER_OPTIONAL_TIME, "opened_at", dispute_case.opened_at_ms),
    VIEW(MEMBER_OPTIONAL_TEXT, "resolution", dispute_case.resolution),
    VIEW(MEMBER_OPTIONAL_TIME, "resolved_at", dispute_case.resolved_at_ms), MEMBERS_END};

#define ENTRY(form, name, field) MEMBER_NAMED(name, form, struct order_entry, field)

static const struct event_member CAPTURE[] = {ENTRY(MEMBER_NUMBER, "amount_minor", amount_minor),
                                              ENTRY(MEMBER_TIME, "captured_at", at_ms),
                                              MEMBERS_END};

static const struct event_member REFUND[] = {ENTRY(MEMBER_NUMBER, "amount_minor", amount_minor),
                                             ENTRY(MEMBER_OPTIONAL_TEXT, "reason", text),
                                             ENTRY(MEMBER_TIME, "refunded_at", at_ms), MEMBERS_END};

static const struct event_member NOTE[] = {ENTRY(MEMBER_TEXT, "text", text),
                                           ENTRY(MEMBER_TEXT, "by", by),
                                           ENTRY(MEMBER_TIME, "noted_at", at_ms), MEMBERS_END};

static const struct event_member TIMES[] = {
    VIEW(MEMBER_OPTIONAL_TIME, "placed_at", placed_at_ms),
    VIEW(MEMBER_OPTIONAL_TIME, "status_since", status_since_ms),
    VIEW(MEMBER_OPTIONAL_TIME, "updated_at", updated_at_ms), MEMBERS_END};

static const struct event_member FRESHNESS[] = {
    VIEW(MEMBER_NUMBER, "source_version", version),
    VIEW(MEMBER_TEXT, "last_event_id", last_event_id),
    VIEW(MEMBER_TEXT, "last_event_type", last_event_type), MEMBERS_END};

static void put_word(struct json_writer *writer, const char *name, const char *value)
{
    json_put_member_string(writer, name, strview_of(value));
}

/* The newest of them, and how many there were. */
static void put_entries(struct json_writer *writer, const struct order_entries *entries,
                        const char *name, const char *count_name,
                        const struct event_member *members)
{
    if (entries->count == 0) {
        return;
    }
    json_open_member_array(writer, name);
    for (size_t i = 0; i < entries->kept; i++) {
        json_open_object(writer);
        event_members_put(writer, members, &entries->list[i]);
        json_close_object(writer);
    }
    json_close_array(writer);
    json_put_member_integer(writer, count_name, entries->count);
}

static void put_placed(struct json_writer *writer, const struct order_view *view)
{
    event_members_put(writer, PLACED_MEMBERS, view);
    order_event_put_details(writer, &view->placed);
    json_open_member_object(writer, "payment");
    event_members_put(writer, PAYMENT_WAY, view);
    if (view->authorization.at_ms != 0) {
        event_members_put(writer, AUTHORIZATION, view);
    }
    event_members_put(writer, PAYMENT_SUMS, view);
    put_entries(writer, &view->captures, "captures", "capture_count", CAPTURE);
    json_close_object(writer);
}

/* What has not happened is not told. */
static void put_part(struct json_writer *writer, bool has_happened, const char *name,
                     const struct event_member *members, const struct order_view *view)
{
    if (has_happened) {
        json_open_member_object(writer, name);
        event_members_put(writer, members, view);
        json_close_object(writer);
    }
}

static void put_freshness(struct json_writer *writer, const struct order_view *view,
                          int64_t projected_at_ms)
{
    json_open_member_object(writer, "freshness");
    event_members_put(writer, FRESHNESS, view);
    json_put_kept_time(writer, "projected_at", projected_at_ms);
    json_close_object(writer);
}

static void put_risk_flags(struct json_writer *writer, const struct risk_flags *flags)
{
    if (flags->count == 0) {
        return;
    }
    json_open_member_array(writer, "risk_flags");
    for (size_t i = 0; i < flags->count; i++) {
        json_put_string(writer, flags->names[i]);
    }
    json_close_array(writer);
}

bool view_json_details(const struct order_view *view, int64_t projected_at_ms,
                       enum json_times times, struct strbuf *out)
{
    struct json_writer writer = JSON_WRITER(out);
    writer.times = times;
    json_open_object(&writer);
    json_put_member_string(&writer, "order_id", view->order_id);
    put_word(&writer, "status", order_status_name(view->status));
    put_word(&writer, "payment_status", payment_status_name(view->payment_status));
    put_word(&writer, "refund_state", refund_state_name(view->refund_state));
    put_word(&writer, "dispute", dispute_state_name(view->dispute));
    put_risk_flags(&writer, &view->risk_flags);
    if (view->placed.customer_id.len > 0) {
        put_placed(&writer, view);
    }
    put_part(&writer, view->shipment.shipped_at_ms != 0 || view->shipment.delivered_at_ms != 0,
             "shipment", SHIPMENT, view);
    put_entries(&writer, &view->refunds, "refunds", "refund_count", REFUND);
    put_part(&writer, view->dispute_case.opened_at_ms != 0, "dispute_case", DISPUTE_CASE, view);
    put_entries(&writer, &view->notes, "notes", "note_count", NOTE);
    put_part(&writer, view->cancellation.at_ms != 0, "cancellation", CANCELLATION, view);
    put_part(&writer, view->returning.at_ms != 0, "return", RETURNING, view);
    event_members_put(&writer, TIMES, view);
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

/* More than are kept there are in no document of ours. */
static void read_entries(struct event_reader *reader, const struct json_value *array, int64_t count,
                         const struct event_member *members, struct order_entries *entries)
{
    const struct json_value *item = array == NULL ? NULL : array->first;
    for (; item != NULL && entries->kept < ORDER_ENTRIES_KEPT; item = item->next) {
        event_members_read(reader, item, members, &entries->list[entries->kept++]);
    }
    entries->count = count;
}

static void read_members(struct event_reader *reader, const struct json_value *doc,
                         struct order_view *view)
{
    const struct json_value *payment = json_member(doc, "payment");
    event_members_read(reader, doc, PLACED_MEMBERS, view);
    order_event_read_details(reader, doc, &view->placed);
    event_members_read(reader, payment, PAYMENT_WAY, view);
    event_members_read(reader, payment, AUTHORIZATION, view);
    event_members_read(reader, payment, PAYMENT_SUMS, view);
    event_members_read(reader, json_member(doc, "shipment"), SHIPMENT, view);
    read_entries(reader, json_member(payment, "captures"),
                 json_integer(payment, "capture_count", 0), CAPTURE, &view->captures);
    read_entries(reader, json_member(doc, "refunds"), json_integer(doc, "refund_count", 0), REFUND,
                 &view->refunds);
    read_entries(reader, json_member(doc, "notes"), json_integer(doc, "note_count", 0), NOTE,
                 &view->notes);
    event_members_read(reader, json_member(doc, "dispute_case"), DISPUTE_CASE, view);
    event_members_read(reader, json_member(doc, "cancellation"), CANCELLATION, view);
    event_members_read(reader, json_member(doc, "return"), RETURNING, view);
    event_members_read(reader, doc, TIMES, view);
    event_members_read(reader, json_member(doc, "freshness"), FRESHNESS, view);
}

enum error_kind view_json_read_details(struct strview json, struct arena *arena,
                                       struct order_view *ret, struct error *err)
{
    const struct json_value *doc = NULL;
    const enum error_kind kind = json_parse(json, arena, &doc, err);
    if (kind != ERROR_NONE) {
        return kind;
    }
    struct event_reader reader = {.arena = arena, .err = err, .is_lenient = true};
    struct order_view view = {.order_id = json_text(doc, "order_id")};
    read_members(&reader, doc, &view);
    if (reader.failure != ERROR_NONE) {
        return reader.failure;
    }
    if (!read_words(doc, &view) ||
        !read_risk_flags(json_member(doc, "risk_flags"), &view.risk_flags) || view.version <= 0 ||
        view.order_id.len == 0) {
        return error_set(err, ERROR_INVALID, "this is no details document");
    }
    *ret = view;
    return ERROR_NONE;
}
