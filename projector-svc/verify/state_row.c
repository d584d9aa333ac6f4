/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/verify/state_row.h"

#include "common/base/strbuf.h"

enum { TEXT_MAX = RISK_FLAGS_MAX * 65 };

#define TEXT_OF(name, text)                                                                        \
    static void put_##name(const struct order *order, struct strbuf *out)                          \
    {                                                                                              \
        strbuf_append(out, text);                                                                  \
    }
#define NUMBER_OF(name, number)                                                                    \
    static void put_##name(const struct order *order, struct strbuf *out)                          \
    {                                                                                              \
        strbuf_append_i64(out, number);                                                            \
    }
NUMBER_OF(version, order->version)
TEXT_OF(status, strview_of(order_status_name(order->status)))
TEXT_OF(refund_state, strview_of(refund_state_name(order->refund_state)))
TEXT_OF(dispute, strview_of(dispute_state_name(order->dispute)))
TEXT_OF(customer_id, order->customer_id)
TEXT_OF(currency, order->currency)
NUMBER_OF(total_minor, order->total_minor)
NUMBER_OF(placed_at, order->placed_at_ms)
NUMBER_OF(updated_at, order->last_at_ms)
NUMBER_OF(delivered_at, order->delivered_at_ms)
TEXT_OF(payment_status, strview_of(payment_status_name(order->payment_status)))
NUMBER_OF(authorized_minor, order->authorized_minor)
NUMBER_OF(captured_minor, order->captured_minor)
NUMBER_OF(refunded_minor, order->refunded_minor)
TEXT_OF(payment_reference, order->payment_reference)

static void put_risk_flags(const struct order *order, struct strbuf *out)
{
    risk_flags_join(&order->risk_flags, out);
}

#define COLUMN(name, sql) {#name, put_##name},
static const struct {
    const char *name;
    void (*put)(const struct order *order, struct strbuf *out);
} COLUMNS[] = {STATE_ROW(COLUMN)};

enum error_kind state_row_compare(const struct state_row *row, const struct order *order,
                                  struct arena *arena, const char **ret_column, struct error *err)
{
    const char *found = NULL;
    struct strbuf text = STRBUF_IN(arena, TEXT_MAX);
    for (size_t i = 0; i < STATE_ROW_COUNT && found == NULL; i++) {
        COLUMNS[i].put(order, &text);
        const struct strview folded = strbuf_keep(&text);
        if (folded.data == NULL) {
            return error_set(err, ERROR_EXHAUSTED, "an order needs too much memory");
        }
        found = strview_equal(folded, row->columns[i]) ? NULL : COLUMNS[i].name;
    }
    *ret_column = found;
    return ERROR_NONE;
}
