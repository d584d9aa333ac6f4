/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/replay/source.h"

#include "common/base/cleanup.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

enum { CHUNK = 1 << 16 };

static void close_file(gzFile *file)
{
    if (*file != NULL) {
        (void)gzclose(*file);
    }
}

enum error_kind source_read(const char *path, struct strbuf *out, struct error *err)
{
    errno = 0;
    CLEANUP(close_file) gzFile file = gzopen(path, "rb"); /* reads plain files, too */
    if (file == NULL) {
        return error_set(err, errno == ENOENT ? ERROR_NOT_FOUND : ERROR_INVALID, "%s: %s", path,
                         strerror(errno));
    }
    char chunk[CHUNK];
    int len;
    while ((len = gzread(file, chunk, sizeof chunk)) > 0) {
        strbuf_append(out, (struct strview){.data = chunk, .len = (size_t)len});
    }
    int code;
    const char *fault = gzerror(file, &code);
    if (code != Z_OK && code != Z_STREAM_END) {
        return error_set(err, ERROR_INVALID, "%s: %s", path,
                         code == Z_ERRNO ? strerror(errno) : fault);
    }
    return strbuf_ok(out) ? ERROR_NONE : error_set(err, ERROR_EXHAUSTED, "%s: too large", path);
}

/* ---- invention -------------------------------------------------------------------------- */

enum {
    FIRST_INVOICE = 900001,
    FIRST_CUSTOMER = 90001,
    CUSTOMERS = 400,
    GOODS = 300,
    LINES_MAX = 6,
};

struct inventor {
    uint64_t state;
    struct strbuf *out;
};

/* splitmix64: the same numbers everywhere for the same seed. */
static uint64_t draw(struct inventor *inventor)
{
    uint64_t z = (inventor->state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30U)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27U)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31U);
}

static unsigned below(struct inventor *inventor, unsigned limit)
{
    return (unsigned)(draw(inventor) % limit);
}

static bool one_in(struct inventor *inventor, unsigned count)
{
    return below(inventor, count) == 0;
}

static const char *const CHARGES[] = {
    "INVENTED POST,POSTAGE", "INVENTED DOT,\"DOTCOM, POSTAGE\"",          "INVENTED M,Manual",
    "INVENTED D,Discount",   "INVENTED CHARGES,\"Bank \"\"charges\"\"\"",
};
static const char *const COUNTRIES[] = {
    "United Kingdom", "Germany", "EIRE", "France", "Channel Islands", "Unspecified", "",
};
enum {
    CHARGE_COUNT = sizeof CHARGES / sizeof CHARGES[0],
    COUNTRY_COUNT = sizeof COUNTRIES / sizeof COUNTRIES[0],
};

/* Code and description. Goods come with several descriptions, as typed by several hands. */
static void put_goods(struct inventor *inventor)
{
    if (one_in(inventor, 30)) {
        strbuf_append_cstr(inventor->out, CHARGES[below(inventor, CHARGE_COUNT)]);
        return;
    }
    const unsigned number = below(inventor, GOODS);
    strbuf_printf(inventor->out, "INV%u%s,", 10000 + number, number % 7 == 0 ? "b" : "");
    if (!one_in(inventor, 50)) {
        strbuf_printf(inventor->out, "\"INVENTED %s No %u%s\"",
                      number % 3 == 0 ? "CHINA 6\"\" PLATE" : "TEA TOWEL, BLUE", number,
                      one_in(inventor, 9) ? " £5" : "");
    }
}

static void put_price(struct inventor *inventor)
{
    const unsigned pence = 1 + below(inventor, 2000);
    if (one_in(inventor, 200)) {
        strbuf_append_cstr(inventor->out, "0");
    } else if (one_in(inventor, 400)) {
        strbuf_append_cstr(inventor->out, "0.001");
    } else if (pence % 10 == 0) {
        strbuf_printf(inventor->out, "%u.%u", pence / 100, pence / 10 % 10);
    } else {
        strbuf_printf(inventor->out, "%u.%02u", pence / 100, pence % 100);
    }
}

static void put_line(struct inventor *inventor, const char *invoice, const char *buyer,
                     bool cancels)
{
    strbuf_printf(inventor->out, "%s,", invoice);
    put_goods(inventor);
    const bool is_negative = cancels || one_in(inventor, 300);
    strbuf_printf(inventor->out, ",%s%u,2011-01-04T10:00:00,", is_negative ? "-" : "",
                  1 + below(inventor, one_in(inventor, 20) ? 500 : 12));
    put_price(inventor);
    strbuf_printf(inventor->out, ",%s\r\n", buyer);
}

static void put_invoice(struct inventor *inventor, unsigned number)
{
    char invoice[sizeof "C4294967295"];
    char buyer[64];
    const bool cancels = one_in(inventor, 20);
    const char *country = COUNTRIES[one_in(inventor, 4) ? below(inventor, COUNTRY_COUNT) : 0];
    (void)snprintf(invoice, sizeof invoice, "%s%u", cancels ? "C" : "", number);
    if (one_in(inventor, 10)) {
        (void)snprintf(buyer, sizeof buyer, ",%s", country);
    } else {
        (void)snprintf(buyer, sizeof buyer, "%u,%s", FIRST_CUSTOMER + below(inventor, CUSTOMERS),
                       country);
    }
    for (unsigned lines = 1 + below(inventor, LINES_MAX); lines > 0; lines--) {
        put_line(inventor, invoice, buyer, cancels);
    }
}

void source_invent(uint64_t seed, unsigned invoices, struct strbuf *out)
{
    struct inventor inventor = {.state = seed, .out = out};
    strbuf_append_cstr(out, "invoice,stock_code,description,quantity,invoice_date,unit_price,"
                            "customer_id,country\r\n");
    for (unsigned i = 0; i < invoices; i++) {
        put_invoice(&inventor, FIRST_INVOICE + i);
    }
}
