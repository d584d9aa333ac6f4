/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/replay/plan.h"

#include "common/base/checked.h"
#include "common/base/id_form.h"
#include "common/base/utf8.h"
#include "tests/support/replay/must_alloc.h"
#include "tests/support/replay/name_map.h"

#include <stdlib.h>

/* What the data set itself says of a country it does not know. */
static const struct strview NO_COUNTRY = {.data = "Unspecified", .len = 11};
static const struct strview GUEST = {.data = "guest", .len = 5};

struct invoice_row {
    const struct sale *sale;
    struct plan_product *product;
    struct invoice_row *next;
};

struct customer {
    struct strview id;
    struct plan_order *latest;
    struct plan_chain chain;
};

struct invoice {
    struct strview number;
    struct customer *customer; /* of its first row */
    struct invoice_row *first;
    struct invoice_row *last;
};

/* Lists in order of appearance, and how to find their members. */
struct planner {
    struct arena *arena;
    struct name_map code_map; /* as written -> product */
    struct name_map sku_map;
    struct name_map customer_map;
    struct name_map invoice_map;
    struct plan_product **products;
    size_t product_count;
    struct customer **customers;
    size_t customer_count;
    struct invoice **invoices;
    size_t invoice_count;
    struct plan_totals totals;
};

/* prefix and text as an id: one `_` for each character (not byte) that ids do not have, and a 0
 * behind what has neither letter nor digit. */
static struct strview make_id(struct arena *arena, const char *prefix, struct strview text)
{
    char *id = must_alloc(arena, strlen(prefix) + text.len + sizeof "0");
    size_t len = 0;
    for (; prefix[len] != '\0'; len++) {
        id[len] = prefix[len];
    }
    for (size_t i = 0; i < text.len; i++) {
        const bool continues = ((unsigned char)text.data[i] & 0xC0U) == 0x80U;
        if (!continues) {
            id[len++] = id_form_has(text.data[i]) ? text.data[i] : '_';
        }
    }
    if (!id_form_fits((struct strview){.data = id, .len = len})) {
        id[len++] = '0';
    }
    return (struct strview){.data = id, .len = len};
}

/* ---- products -------------------------------------------------------------------------- */

static struct plan_product *find_or_add_product(struct planner *planner, struct strview code)
{
    struct plan_product *product = name_map_find(&planner->code_map, code);
    if (product != NULL) {
        return product;
    }
    const struct strview sku = make_id(planner->arena, "", code);
    product = name_map_find(&planner->sku_map, sku);
    if (product == NULL) {
        product = must_alloc(planner->arena, sizeof *product);
        product->sku = sku;
        name_map_add(&planner->sku_map, sku, product);
        planner->products[planner->product_count++] = product;
    } else {
        planner->totals.merged_codes++;
    }
    name_map_add(&planner->code_map, code, product);
    return product;
}

static void learn_product(struct plan_product *product, const struct sale *sale)
{
    const size_t length = utf8_length(sale->description);
    if (length > product->name_length) {
        product->name = sale->description;
        product->name_length = length;
    }
    if (!product->price.is_positive) {
        product->price = sale->price;
    }
}

/* ---- customers and invoices ------------------------------------------------------------- */

static struct customer *find_or_add_customer(struct planner *planner, struct strview id)
{
    struct customer *customer = name_map_find(&planner->customer_map, id);
    if (customer == NULL) {
        customer = must_alloc(planner->arena, sizeof *customer);
        customer->id = id.len == 0 ? GUEST : make_id(planner->arena, "c", id);
        customer->chain.number = planner->customer_count;
        name_map_add(&planner->customer_map, id, customer);
        planner->customers[planner->customer_count++] = customer;
    }
    return customer;
}

/* NULL for an invoice behind the limit. */
static struct invoice *find_or_add_invoice(struct planner *planner, const struct sale *sale,
                                           size_t limit)
{
    struct invoice *invoice = name_map_find(&planner->invoice_map, sale->invoice);
    if (invoice != NULL || (limit > 0 && planner->invoice_count == limit)) {
        return invoice;
    }
    invoice = must_alloc(planner->arena, sizeof *invoice);
    invoice->number = make_id(planner->arena, "", sale->invoice);
    invoice->customer = find_or_add_customer(planner, sale->customer);
    name_map_add(&planner->invoice_map, sale->invoice, invoice);
    planner->invoices[planner->invoice_count++] = invoice;
    return invoice;
}

static void gather(struct planner *planner, const struct sales *sales, size_t limit)
{
    for (size_t i = 0; i < sales->count; i++) {
        const struct sale *sale = &sales->rows[i];
        struct plan_product *product = find_or_add_product(planner, sale->stock_code);
        learn_product(product, sale);
        struct invoice *invoice = find_or_add_invoice(planner, sale, limit);
        if (invoice == NULL) {
            continue;
        }
        product->is_wanted = true;
        struct invoice_row *row = must_alloc(planner->arena, sizeof *row);
        *row = (struct invoice_row){.sale = sale, .product = product};
        if (invoice->last == NULL) {
            invoice->first = row;
        } else {
            invoice->last->next = row;
        }
        invoice->last = row;
    }
}

/* ---- commands --------------------------------------------------------------------------- */

static void add_command(struct planner *planner, struct plan_chain *chain,
                        struct plan_command command)
{
    struct plan_command *copy = must_alloc(planner->arena, sizeof *copy);
    *copy = command;
    if (chain->last == NULL) {
        chain->first = copy;
    } else {
        chain->last->next = copy;
    }
    chain->last = copy;
    chain->count++;
}

static enum error_kind add_line(struct planner *planner, struct plan_order *order,
                                const struct invoice_row *row, struct plan_line **last,
                                struct error *err)
{
    struct plan_line *line = must_alloc(planner->arena, sizeof *line);
    *line = (struct plan_line){
        .product = row->product,
        .quantity = row->sale->quantity,
        .unit_price_minor = row->sale->price.minor,
    };
    int64_t amount;
    if (!checked_mul_i64(line->quantity, line->unit_price_minor, &amount) ||
        !checked_add_i64(order->total_minor, amount, &order->total_minor)) {
        return error_set(err, ERROR_INVALID, "invoice %.*s: its total is too large",
                         STRVIEW_ARG(order->invoice));
    }
    if (*last == NULL) {
        order->lines = line;
    } else {
        (*last)->next = line;
    }
    *last = line;
    order->line_count++;
    return ERROR_NONE;
}

static enum error_kind fill_order(struct planner *planner, const struct invoice *invoice,
                                  struct plan_order *order, struct error *err)
{
    const struct strview country = invoice->first->sale->country;
    *order = (struct plan_order){
        .invoice = invoice->number,
        .customer_id = invoice->customer->id,
        .region = country.len == 0 ? NO_COUNTRY : country,
        .previous = invoice->customer->latest,
    };
    struct plan_line *last = NULL;
    for (const struct invoice_row *row = invoice->first; row != NULL; row = row->next) {
        if (row->sale->quantity <= 0 || !row->sale->price.is_positive) {
            continue;
        }
        const enum error_kind kind = add_line(planner, order, row, &last, err);
        if (kind != ERROR_NONE) {
            return kind;
        }
    }
    return ERROR_NONE;
}

/* The last of the digits the number begins with tells multiples of 10 and 5. */
static char last_digit(struct strview number)
{
    size_t len = 1;
    while (len < number.len && number.data[len] >= '0' && number.data[len] <= '9') {
        len++;
    }
    return number.data[len - 1];
}

static enum error_kind plan_order(struct planner *planner, const struct invoice *invoice,
                                  struct error *err)
{
    struct plan_order *order = must_alloc(planner->arena, sizeof *order);
    const enum error_kind kind = fill_order(planner, invoice, order, err);
    if (kind != ERROR_NONE) {
        return kind;
    }
    if (order->line_count == 0) {
        planner->totals.empty_invoices++;
        return ERROR_NONE;
    }
    if (!checked_add_i64(planner->totals.total_minor, order->total_minor,
                         &planner->totals.total_minor)) {
        return error_set(err, ERROR_INVALID, "the sum of all orders is too large");
    }
    planner->totals.orders++;
    planner->totals.lines += order->line_count;
    invoice->customer->latest = order;

    const char digit = last_digit(invoice->number);
    const bool is_shipped = digit != '0';
    const bool is_delivered = is_shipped && digit != '5';
    struct plan_command command = {.name = invoice->number, .order = order};
    for (command.kind = PLAN_PLACE_ORDER; command.kind <= PLAN_DELIVER_ORDER; command.kind++) {
        if ((command.kind == PLAN_SHIP_ORDER && !is_shipped) ||
            (command.kind == PLAN_DELIVER_ORDER && !is_delivered)) {
            continue;
        }
        add_command(planner, &invoice->customer->chain, command);
    }
    return ERROR_NONE;
}

static bool order_holds(const struct plan_order *order, const struct plan_product *product)
{
    for (const struct plan_line *line = order->lines; line != NULL; line = line->next) {
        if (line->product == product) {
            return true;
        }
    }
    return false;
}

static bool order_holds_any(const struct plan_order *order, const struct invoice *invoice)
{
    for (const struct invoice_row *row = invoice->first; row != NULL; row = row->next) {
        if (order_holds(order, row->product)) {
            return true;
        }
    }
    return false;
}

static void plan_cancellation(struct planner *planner, const struct invoice *invoice)
{
    struct plan_order *order = invoice->customer->latest;
    while (order != NULL && !order_holds_any(order, invoice)) {
        order = order->previous;
    }
    planner->totals.cancellations++;
    if (order == NULL) {
        planner->totals.idle_cancellations++;
        return;
    }
    add_command(
        planner, &invoice->customer->chain,
        (struct plan_command){.kind = PLAN_CANCEL_ORDER, .name = invoice->number, .order = order});
}

static enum error_kind plan_invoices(struct planner *planner, struct error *err)
{
    for (size_t i = 0; i < planner->invoice_count; i++) {
        const struct invoice *invoice = planner->invoices[i];
        const char first = invoice->number.data[0];
        if (first >= '0' && first <= '9') {
            const enum error_kind kind = plan_order(planner, invoice, err);
            if (kind != ERROR_NONE) {
                return kind;
            }
        } else if (first == 'C') {
            plan_cancellation(planner, invoice);
        } else {
            planner->totals.empty_invoices++;
        }
    }
    planner->totals.invoices = (int64_t)planner->invoice_count;
    return ERROR_NONE;
}

/* ---- chains ----------------------------------------------------------------------------- */

static void plan_product(struct planner *planner, const struct plan_product *product,
                         struct plan_chain *chain)
{
    struct plan_command command = {.name = product->sku, .product = product};
    command.kind = PLAN_ADD_PRODUCT;
    add_command(planner, chain, command);
    command.kind = PLAN_RECEIVE_STOCK;
    add_command(planner, chain, command);
}

static void take_chain(struct plan_chains *chains, struct plan_chain chain)
{
    if (chain.count > 0) {
        chains->items[chains->count++] = chain;
        chains->commands += chain.count;
    }
}

static struct plan_chains make_setup(struct planner *planner)
{
    const size_t most = planner->product_count + planner->customer_count;
    struct plan_chains chains = {
        .items = must_array(planner->arena, most, sizeof *chains.items),
    };
    for (size_t i = 0; i < planner->product_count; i++) {
        struct plan_product *product = planner->products[i];
        struct plan_chain chain = {.number = i};
        if (product->name_length == 0) {
            product->name = product->sku;
        }
        if (product->is_wanted && product->price.is_positive) {
            plan_product(planner, product, &chain);
        }
        take_chain(&chains, chain);
    }
    for (size_t i = 0; i < planner->customer_count; i++) {
        struct plan_chain chain = {.number = planner->product_count + i};
        add_command(planner, &chain,
                    (struct plan_command){.kind = PLAN_REGISTER_CUSTOMER,
                                          .name = planner->customers[i]->id});
        take_chain(&chains, chain);
    }
    return chains;
}

static int longest_first(const void *left, const void *right)
{
    const struct plan_chain *a = left;
    const struct plan_chain *b = right;
    if (a->count != b->count) {
        return a->count > b->count ? -1 : 1;
    }
    return a->number < b->number ? -1 : 1;
}

static struct plan_chains make_sales(struct planner *planner)
{
    struct plan_chains chains = {
        .items = must_array(planner->arena, planner->customer_count, sizeof *chains.items),
    };
    for (size_t i = 0; i < planner->customer_count; i++) {
        take_chain(&chains, planner->customers[i]->chain);
    }
    qsort(chains.items, chains.count, sizeof *chains.items, longest_first);
    return chains;
}

static void planner_init(struct planner *planner, size_t rows, struct arena *arena)
{
    *planner = (struct planner){
        .arena = arena,
        .code_map.arena = arena,
        .sku_map.arena = arena,
        .customer_map.arena = arena,
        .invoice_map.arena = arena,
        .products = must_array(arena, rows, sizeof *planner->products),
        .customers = must_array(arena, rows, sizeof *planner->customers),
        .invoices = must_array(arena, rows, sizeof *planner->invoices),
    };
}

enum error_kind plan_make(const struct sales *sales, size_t invoice_limit, struct arena *arena,
                          struct plan *ret, struct error *err)
{
    struct planner planner;
    planner_init(&planner, sales->count, arena);
    gather(&planner, sales, invoice_limit);
    const enum error_kind kind = plan_invoices(&planner, err);
    if (kind == ERROR_NONE) {
        *ret = (struct plan){
            .setup = make_setup(&planner),
            .sales = make_sales(&planner),
            .totals = planner.totals,
        };
    }
    return kind;
}
