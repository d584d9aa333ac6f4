/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/replay/sales.h"

#include "common/base/parse.h"
#include "common/base/utf8.h"
#include "tests/support/replay/csv.h"
#include "tests/support/replay/must_alloc.h"

enum column {
    INVOICE = 0,
    STOCK_CODE,
    DESCRIPTION,
    QUANTITY,
    UNIT_PRICE,
    CUSTOMER_ID,
    COUNTRY,
    COLUMN_COUNT
};
enum { FIELDS_MAX = 32, ID_MAX = 63 }; /* ids have 64 characters at most, and one is put in front */

static const char *const COLUMNS[COLUMN_COUNT] = {
    [INVOICE] = "invoice",   [STOCK_CODE] = "stock_code", [DESCRIPTION] = "description",
    [QUANTITY] = "quantity", [UNIT_PRICE] = "unit_price", [CUSTOMER_ID] = "customer_id",
    [COUNTRY] = "country",
};

static const enum column IDS[] = {INVOICE, STOCK_CODE, CUSTOMER_ID};

/* Where each column stands, and how many a row must have. */
struct layout {
    size_t at[COLUMN_COUNT];
    size_t width;
};

static enum error_kind read_header(struct csv_reader *reader, struct layout *ret, struct error *err)
{
    struct strview names[FIELDS_MAX];
    struct layout layout = {.width = 0};
    const enum error_kind kind = csv_next(reader, names, FIELDS_MAX, &layout.width, err);
    if (kind != ERROR_NONE) {
        return kind;
    }
    for (size_t column = 0; column < COLUMN_COUNT; column++) {
        size_t i = 0;
        while (i < layout.width && !strview_is(names[i], COLUMNS[column])) {
            i++;
        }
        if (i == layout.width) {
            return error_set(err, ERROR_INVALID, "there is no column \"%s\"", COLUMNS[column]);
        }
        layout.at[column] = i;
    }
    *ret = layout;
    return ERROR_NONE;
}

static enum error_kind bad_cell(size_t line, enum column column, struct strview text,
                                struct error *err)
{
    return error_set(err, ERROR_INVALID, "line %zu: %s is \"%.*s\"", line, COLUMNS[column],
                     STRVIEW_ARG(text));
}

static enum error_kind read_sale(const struct layout *layout, const struct strview *fields,
                                 size_t line, struct sale *ret, struct error *err)
{
    struct strview cells[COLUMN_COUNT];
    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        cells[i] = fields[layout->at[i]];
    }
    struct sale sale = {
        .invoice = cells[INVOICE],
        .stock_code = cells[STOCK_CODE],
        .description = cells[DESCRIPTION],
        .customer = cells[CUSTOMER_ID],
        .country = cells[COUNTRY],
    };
    for (size_t i = 0; i < sizeof IDS / sizeof IDS[0]; i++) {
        const struct strview id = cells[IDS[i]];
        if (id.len > ID_MAX || (id.len == 0 && IDS[i] != CUSTOMER_ID)) {
            return bad_cell(line, IDS[i], id, err);
        }
    }
    if (!parse_i64(cells[QUANTITY], &sale.quantity)) {
        return bad_cell(line, QUANTITY, cells[QUANTITY], err);
    }
    if (!price_parse(cells[UNIT_PRICE], &sale.price)) {
        return bad_cell(line, UNIT_PRICE, cells[UNIT_PRICE], err);
    }
    *ret = sale;
    return ERROR_NONE;
}

static size_t count_lines(const char *text, size_t len)
{
    size_t count = 1;
    for (size_t i = 0; i < len; i++) {
        count += text[i] == '\n';
    }
    return count;
}

static enum error_kind read_rows(struct csv_reader *reader, const struct layout *layout,
                                 struct sales *sales, struct error *err)
{
    struct strview fields[FIELDS_MAX];
    for (;;) {
        size_t count;
        enum error_kind kind = csv_next(reader, fields, FIELDS_MAX, &count, err);
        if (kind != ERROR_NONE || count == 0) {
            return kind;
        }
        if (count != layout->width) {
            return error_set(err, ERROR_INVALID, "line %zu: %zu fields where the header has %zu",
                             reader->line, count, layout->width);
        }
        kind = read_sale(layout, fields, reader->line, &sales->rows[sales->count], err);
        if (kind != ERROR_NONE) {
            return kind;
        }
        sales->count++;
    }
}

enum error_kind sales_read(char *text, size_t len, struct arena *arena, struct sales *ret,
                           struct error *err)
{
    const struct strview view = {.data = text, .len = len};
    const size_t valid = utf8_valid_head(view);
    if (valid < len) {
        return error_set(err, ERROR_INVALID, "byte %zu is not UTF-8", valid);
    }
    struct csv_reader reader;
    struct layout layout = {.width = 0};
    csv_init(&reader, text, len);
    enum error_kind kind = read_header(&reader, &layout, err);
    if (kind != ERROR_NONE) {
        return kind;
    }
    struct sales sales = {
        .rows = must_array(arena, count_lines(text, len), sizeof *sales.rows),
    };
    kind = read_rows(&reader, &layout, &sales, err);
    if (kind != ERROR_NONE) {
        return kind;
    }
    *ret = sales;
    return ERROR_NONE;
}
