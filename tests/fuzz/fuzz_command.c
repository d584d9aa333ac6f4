/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bodies of commands:
 *   - a fault's pointer leads to the member it speaks of, or to the place where one is missing;
 *   - a command without faults keeps the limits that are promised to the database;
 *   - the same document spelt otherwise (blanks, escapes) is the same command, with the same
 * faults.
 *
 * The first byte chooses the command: 'a' is the first kind.
 */
#include "command-svc/http/command_json.h"
#include "common/base/parse.h"
#include "common/base/strbuf.h"
#include "common/base/utf8.h"
#include "common/contract/json.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

enum { ARENA_BYTES = 64 << 20, TEXT_BYTES = 8 << 20 };

static const int64_t AMOUNT_MAX = 1000000000000;

#define ID "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-"

/* ---- the limits, written down a second time ---- */

static const struct {
    enum command_kind kind;
    size_t offset;
    size_t max;           /* characters */
    const char *alphabet; /* NULL: any but control characters */
    bool is_optional;
} TEXTS[] = {
#define TEXT(kind, member, max, alphabet, optional)                                                \
    {                                                                                              \
        kind, offsetof(struct command, member), max, alphabet, optional                            \
    }
    TEXT(COMMAND_REGISTER_CUSTOMER, aggregate_id, 64, ID, false),
    TEXT(COMMAND_REGISTER_CUSTOMER, register_customer.name, 200, NULL, false),
    TEXT(COMMAND_REGISTER_CUSTOMER, register_customer.email, 254, NULL, true),
    TEXT(COMMAND_REGISTER_CUSTOMER, register_customer.phone, 32, "+- 0123456789", true),
    TEXT(COMMAND_ADD_PRODUCT, aggregate_id, 64, ID, false),
    TEXT(COMMAND_ADD_PRODUCT, add_product.name, 200, NULL, false),
    TEXT(COMMAND_ADD_PRODUCT, add_product.currency, 3, "ABCDEFGHIJKLMNOPQRSTUVWXYZ", false),
    TEXT(COMMAND_PLACE_ORDER, aggregate_id, 36, "0123456789abcdef-", true),
    TEXT(COMMAND_PLACE_ORDER, place_order.customer_id, 64, ID, false),
    TEXT(COMMAND_PLACE_ORDER, place_order.currency, 3, "ABCDEFGHIJKLMNOPQRSTUVWXYZ", false),
    TEXT(COMMAND_PLACE_ORDER, place_order.address.name, 200, NULL, false),
    TEXT(COMMAND_PLACE_ORDER, place_order.address.line1, 200, NULL, false),
    TEXT(COMMAND_PLACE_ORDER, place_order.address.line2, 200, NULL, true),
    TEXT(COMMAND_PLACE_ORDER, place_order.address.city, 200, NULL, true),
    TEXT(COMMAND_PLACE_ORDER, place_order.address.postal_code, 200, NULL, true),
    TEXT(COMMAND_PLACE_ORDER, place_order.address.region, 64, NULL, true),
    TEXT(COMMAND_PLACE_ORDER, place_order.address.country, 2, "ABCDEFGHIJKLMNOPQRSTUVWXYZ", false),
    TEXT(COMMAND_PLACE_ORDER, place_order.provider, 32, ID, false),
    TEXT(COMMAND_PLACE_ORDER, place_order.method, 64, ID, false),
    TEXT(COMMAND_AUTHORIZE_PAYMENT, authorize_payment.reference, 64, ID, false),
    TEXT(COMMAND_SHIP_ORDER, ship_order.carrier, 64, ID, false),
    TEXT(COMMAND_SHIP_ORDER, ship_order.tracking_number, 64, ID, false),
    TEXT(COMMAND_CANCEL_ORDER, reason, 200, NULL, false),
    TEXT(COMMAND_ADD_NOTE, add_note.text, 4000, NULL, false),
    TEXT(COMMAND_CHANGE_SHIPPING_ADDRESS, change_shipping_address.address.name, 200, NULL, false),
    TEXT(COMMAND_CHANGE_SHIPPING_ADDRESS, change_shipping_address.address.line1, 200, NULL, false),
    TEXT(COMMAND_CHANGE_SHIPPING_ADDRESS, change_shipping_address.address.line2, 200, NULL, true),
    TEXT(COMMAND_CHANGE_SHIPPING_ADDRESS, change_shipping_address.address.region, 64, NULL, true),
    TEXT(COMMAND_CHANGE_SHIPPING_ADDRESS, change_shipping_address.address.country, 2,
         "ABCDEFGHIJKLMNOPQRSTUVWXYZ", false),
    TEXT(COMMAND_DECLINE_PAYMENT, reason, 200, NULL, false),
    TEXT(COMMAND_FLAG_RISK, flag_risk.flag, 64, ID, false),
    TEXT(COMMAND_CLEAR_RISK, clear_risk.flag, 64, ID, false),
    TEXT(COMMAND_OPEN_DISPUTE, reason, 200, NULL, false),
    TEXT(COMMAND_RESOLVE_DISPUTE, reason, 200, NULL, false),
    TEXT(COMMAND_RETURN_ORDER, reason, 200, NULL, false),
    TEXT(COMMAND_REFUND_PAYMENT, reason, 200, NULL, false),
    TEXT(COMMAND_RECORD_TRACKING, record_tracking.status, 200, NULL, false),
    TEXT(COMMAND_RECORD_TRACKING, record_tracking.location, 200, NULL, true),
};

static const struct {
    enum command_kind kind;
    size_t offset;
    int64_t min, max;
} NUMBERS[] = {
    {COMMAND_ADD_PRODUCT, offsetof(struct command, add_product.unit_price_minor), 0, AMOUNT_MAX},
    {COMMAND_RECEIVE_STOCK, offsetof(struct command, receive_stock.quantity), 1, 1000000000},
    {COMMAND_AUTHORIZE_PAYMENT, offsetof(struct command, authorize_payment.amount_minor), 0,
     AMOUNT_MAX},
    {COMMAND_CAPTURE_PAYMENT, offsetof(struct command, capture_payment.amount_minor), 1,
     AMOUNT_MAX},
    {COMMAND_REFUND_PAYMENT, offsetof(struct command, refund_payment.amount_minor), 1, AMOUNT_MAX},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct strview text_of(const struct command *command, size_t offset)
{
    struct strview text;
    memcpy(&text, (const char *)command + offset, sizeof text);
    return text;
}

static int64_t number_of(const struct command *command, size_t offset)
{
    int64_t number;
    memcpy(&number, (const char *)command + offset, sizeof number);
    return number;
}

/* Of no text of theirs is only punctuation. */
static bool has_letter_or_digit(struct strview text)
{
    size_t count = 0;
    for (size_t i = 0; i < text.len; i++) {
        count += strchr("._-", text.data[i]) == NULL ? 1 : 0;
    }
    return count > 0;
}

static void check_text(struct strview text, size_t max, const char *alphabet)
{
    EXPECT(utf8_is_valid(text) && utf8_length(text) <= max);
    for (size_t i = 0; i < text.len; i++) {
        const unsigned char c = (unsigned char)text.data[i];
        EXPECT(c >= ' ' && c != 0x7f);
        EXPECT(alphabet == NULL || strchr(alphabet, c) != NULL);
    }
    EXPECT(alphabet == NULL || strchr(alphabet, '_') == NULL || text.len == 0 ||
           has_letter_or_digit(text));
}

static void check_lines(const struct place_order *order)
{
    EXPECT(order->line_count >= 1 && order->line_count <= 500);
    for (size_t i = 0; i < order->line_count; i++) {
        const struct wanted_line *line = &order->lines[i];
        EXPECT(line->sku.len > 0 && line->quantity >= 1 && line->quantity <= 1000000);
        EXPECT(line->unit_price_minor >= PRICE_OF_CATALOGUE &&
               line->unit_price_minor <= AMOUNT_MAX);
        check_text(line->sku, 64, ID);
    }
}

static void check_limits(const struct command *command)
{
    for (size_t i = 0; i < COUNT(TEXTS); i++) {
        if (TEXTS[i].kind == command->kind) {
            const struct strview text = text_of(command, TEXTS[i].offset);
            EXPECT(text.len > 0 || TEXTS[i].is_optional);
            check_text(text, TEXTS[i].max, TEXTS[i].alphabet);
        }
    }
    for (size_t i = 0; i < COUNT(NUMBERS); i++) {
        if (NUMBERS[i].kind == command->kind) {
            const int64_t number = number_of(command, NUMBERS[i].offset);
            EXPECT(number >= NUMBERS[i].min && number <= NUMBERS[i].max);
        }
    }
    if (command->kind == COMMAND_PLACE_ORDER) {
        check_lines(&command->place_order);
    }
}

/* ---- pointers ---- */

/* RFC 6901: the member's name with ~1 and ~0 taken back. */
static bool names_member(struct strview token, struct strview name)
{
    size_t at = 0;
    for (size_t i = 0; i < token.len; i++) {
        char c = token.data[i];
        if (c == '~') {
            EXPECT(i + 1 < token.len && (token.data[i + 1] == '0' || token.data[i + 1] == '1'));
            c = token.data[++i] == '0' ? '~' : '/';
        }
        if (at == name.len || name.data[at++] != c) {
            return false;
        }
    }
    return at == name.len;
}

static const struct json_value *child(const struct json_value *parent, struct strview token)
{
    int64_t wanted = -1;
    int64_t index = 0;
    if (parent->type == JSON_ARRAY) {
        EXPECT(parse_i64(token, &wanted));
    }
    for (const struct json_value *value = parent->first; value != NULL; value = value->next) {
        if (parent->type == JSON_ARRAY ? index++ == wanted : names_member(token, value->name)) {
            return value;
        }
    }
    return NULL;
}

/* Where the pointer leads; *ret_parent is the last place that is there. */
static const struct json_value *follow(const struct json_value *root, const char *pointer,
                                       const struct json_value **ret_parent)
{
    struct strview rest = strview_of(pointer);
    const struct json_value *value = root;
    EXPECT(rest.len == 0 || strview_take(&rest, '/').len == 0);
    while (value != NULL && rest.len > 0) {
        *ret_parent = value;
        value = child(value, strview_take(&rest, '/'));
        EXPECT(value != NULL || rest.len == 0);
    }
    return value;
}

static void check_fault(const struct json_value *root, const struct command_fault *fault)
{
    const struct json_value *parent = root;
    EXPECT(utf8_is_valid(strview_of(fault->pointer)) && utf8_is_valid(strview_of(fault->detail)));
    if (strstr(fault->pointer, "...") != NULL || strstr(fault->pointer, "//") != NULL ||
        (fault->pointer[0] != '\0' && fault->pointer[strlen(fault->pointer) - 1] == '/')) {
        return; /* a name that is cut short, or an empty one */
    }
    const bool is_missing = strncmp(fault->detail, "is required", 11) == 0;
    EXPECT((follow(root, fault->pointer, &parent) == NULL) == is_missing);
    EXPECT(!is_missing || parent->type == JSON_OBJECT);
}

/* ---- the same document, spelt otherwise ---- */

static void respell(struct strbuf *out, const struct json_value *value);

/* Takes the first character of valid UTF-8 off *rest. */
static uint32_t take_point(struct strview *rest)
{
    const unsigned char *bytes = (const unsigned char *)rest->data;
    const size_t len = bytes[0] < 0x80 ? 1 : bytes[0] < 0xe0 ? 2 : bytes[0] < 0xf0 ? 3 : 4;
    uint32_t point = len == 1 ? bytes[0] : bytes[0] & (0xffU >> (len + 1));
    for (size_t i = 1; i < len; i++) {
        point = point << 6 | (bytes[i] & 0x3fU);
    }
    rest->data += len;
    rest->len -= len;
    return point;
}

/* As UTF-16 escapes, every character of it. */
static void respell_text(struct strbuf *out, struct strview text)
{
    strbuf_append_char(out, '"');
    while (text.len > 0) {
        const uint32_t point = take_point(&text);
        if (point > 0xffff) {
            strbuf_printf(out, "\\ud%03x\\ud%03x", 0x800U + ((point - 0x10000) >> 10),
                          0xc00U + ((point - 0x10000) & 0x3ffU));
        } else {
            strbuf_printf(out, "\\u%04X", point);
        }
    }
    strbuf_append_char(out, '"');
}

static void respell_children(struct strbuf *out, const struct json_value *value)
{
    for (const struct json_value *each = value->first; each != NULL; each = each->next) {
        if (value->type == JSON_OBJECT) {
            respell_text(out, each->name);
            strbuf_append_cstr(out, "\t:\r\n");
        }
        respell(out, each);
        strbuf_append_cstr(out, each->next == NULL ? " " : " , ");
    }
}

static void respell(struct strbuf *out, const struct json_value *value)
{
    switch (value->type) {
    case JSON_STRING:
        respell_text(out, value->text);
        break;
    case JSON_INTEGER:
    case JSON_NUMBER:
        strbuf_append(out, value->text);
        break;
    case JSON_NULL:
    case JSON_TYPE_COUNT:
        strbuf_append_cstr(out, "null");
        break;
    case JSON_BOOL:
        strbuf_append_cstr(out, value->boolean ? "true" : "false");
        break;
    case JSON_ARRAY:
    case JSON_OBJECT:
        strbuf_append_cstr(out, value->type == JSON_ARRAY ? "[ " : "{ ");
        respell_children(out, value);
        strbuf_append_char(out, value->type == JSON_ARRAY ? ']' : '}');
        break;
    }
}

static void check_same_lines(const struct place_order *a, const struct place_order *b)
{
    EXPECT(a->line_count == b->line_count);
    for (size_t i = 0; i < a->line_count; i++) {
        EXPECT(strview_equal(a->lines[i].sku, b->lines[i].sku));
        EXPECT(a->lines[i].quantity == b->lines[i].quantity);
        EXPECT(a->lines[i].unit_price_minor == b->lines[i].unit_price_minor);
    }
}

static void check_same_command(const struct command *a, const struct command *b)
{
    for (size_t i = 0; i < COUNT(TEXTS); i++) {
        EXPECT(TEXTS[i].kind != a->kind ||
               strview_equal(text_of(a, TEXTS[i].offset), text_of(b, TEXTS[i].offset)));
    }
    for (size_t i = 0; i < COUNT(NUMBERS); i++) {
        EXPECT(NUMBERS[i].kind != a->kind ||
               number_of(a, NUMBERS[i].offset) == number_of(b, NUMBERS[i].offset));
    }
    if (a->kind == COMMAND_PLACE_ORDER) {
        check_same_lines(&a->place_order, &b->place_order);
    }
}

static void check_same_faults(const struct command_faults *a, const struct command_faults *b)
{
    const struct command_fault *other = b->first;
    EXPECT(a->count == b->count);
    for (const struct command_fault *fault = a->first; fault != NULL; fault = fault->next) {
        EXPECT(other != NULL && strcmp(fault->pointer, other->pointer) == 0 &&
               strcmp(fault->detail, other->detail) == 0);
        other = other->next;
    }
    EXPECT(other == NULL);
}

static void check_spelling(const struct json_value *root, struct arena *arena,
                           const struct command *command, const struct command_faults *faults)
{
    struct command other = {.kind = command->kind};
    struct command_faults other_faults;
    struct strbuf text;
    struct error err;
    strbuf_init(&text, TEXT_BYTES);
    respell(&text, root);
    EXPECT(strbuf_ok(&text));
    EXPECT(command_json_read(command->kind, strbuf_view(&text), arena, &other, &other_faults,
                             &err) == ERROR_NONE);
    check_same_faults(faults, &other_faults);
    if (faults->count == 0) {
        check_same_command(command, &other);
    }
    strbuf_done(&text);
}

static void check_command(const struct json_value *root, struct arena *arena,
                          const struct command *command, const struct command_faults *faults)
{
    for (const struct command_fault *fault = faults->first; fault != NULL; fault = fault->next) {
        check_fault(root, fault);
    }
    if (faults->count == 0) {
        check_limits(command);
    }
    check_spelling(root, arena, command, faults);
}

/* NOLINTNEXTLINE(readability-identifier-naming) */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    struct command command = {.kind = data[0] % COMMAND_KIND_COUNT};
    const struct strview body = fuzz_view(data + 1, size - 1);
    struct command_faults faults;
    struct error err;
    struct arena arena;
    arena_init(&arena, ARENA_BYTES);
    const enum error_kind kind =
        command_json_read(command.kind, body, &arena, &command, &faults, &err);
    if (kind == ERROR_NONE) {
        const struct json_value *root = NULL;
        EXPECT(json_parse(body, &arena, &root, &err) == ERROR_NONE);
        check_command(root, &arena, &command, &faults);
    } else {
        EXPECT(kind == ERROR_INVALID && utf8_is_valid(strview_of(err.text)));
    }
    arena_done(&arena);
    return 0;
}
