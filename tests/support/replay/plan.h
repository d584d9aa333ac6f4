/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan.h - what a sales file means: the commands to send, who sends which in what order.
 *
 * Why all of it is decided before anything is sent: the same file always gives
 * the same commands with the same keys, so a second run is answered by receipts
 * alone, and anybody can recompute the totals.
 *
 * A chain is a row of commands that must be answered one after the other;
 * different chains may run side by side. First the chains of `setup` (a product
 * and its stock; a customer), and when all are answered those of `sales` (all of
 * a customer's invoices, in file order), longest first, as the longest decides
 * when the replay ends.
 *
 * The rules:
 *  - in codes every character outside A-Z a-z 0-9 . _ - becomes `_`, and a code
 *    without letter and digit gets a 0; codes that are equal then are one product;
 *  - a product's name is its longest description in the file (the first of equal
 *    length; else the code), its price the first positive one; a code without
 *    one is not added;
 *  - a customer is `c<id>`, and `guest` where there is no id;
 *  - an invoice that begins with a digit is an order of its lines with quantity
 *    and price above 0; without such a line it is passed over. It is
 *    authorised, shipped unless its number is a multiple of 10, and then
 *    delivered unless it is one of 5;
 *  - an invoice `C…` cancels the customer's latest order before it that holds
 *    one of its codes; most find none and send nothing;
 *  - other invoices are passed over.
 *
 * Ownership: everything lives in the arena or points into the sales. Units: pence.
 */
#ifndef TESTS_SUPPORT_REPLAY_PLAN_H
#define TESTS_SUPPORT_REPLAY_PLAN_H

#include "tests/support/replay/sales.h"

#include <stdbool.h>

enum { PLAN_STOCK = 1000000, PLAN_ORDER_ID_MAX = 64 };

enum plan_kind {
    PLAN_ADD_PRODUCT = 0,
    PLAN_RECEIVE_STOCK,
    PLAN_REGISTER_CUSTOMER,
    PLAN_PLACE_ORDER,
    PLAN_AUTHORIZE_PAYMENT,
    PLAN_SHIP_ORDER,
    PLAN_DELIVER_ORDER,
    PLAN_CANCEL_ORDER,
    PLAN_KIND_COUNT
};

struct plan_product {
    struct strview sku;
    struct strview name; /* empty until a description is met */
    size_t name_length;  /* characters */
    struct price price;
    bool is_wanted; /* an invoice that is replayed names it */
};

struct plan_line {
    const struct plan_product *product;
    int64_t quantity;
    int64_t unit_price_minor;
    struct plan_line *next;
};

struct plan_order {
    struct strview invoice;
    struct strview customer_id;
    struct strview region;
    struct plan_line *lines;
    int64_t line_count;
    int64_t total_minor;
    struct plan_order *previous;    /* the customer's */
    char id[PLAN_ORDER_ID_MAX + 1]; /* filled in from the answer; empty before */
};

struct plan_command {
    enum plan_kind kind;
    struct strview name; /* sku, customer id or invoice: what its key is made of */
    const struct plan_product *product;
    struct plan_order *order;
    struct plan_command *next;
};

struct plan_chain {
    struct plan_command *first;
    struct plan_command *last;
    size_t count;
    size_t number; /* in order of appearance */
};

struct plan_chains {
    struct plan_chain *items;
    size_t count;
    size_t commands; /* in all of them */
};

struct plan_totals {
    int64_t invoices;
    int64_t orders;
    int64_t lines;
    int64_t total_minor;
    int64_t empty_invoices; /* without a line to sell, or of another kind */
    int64_t cancellations;
    int64_t idle_cancellations; /* that found no order */
    int64_t merged_codes;       /* written differently, the same sku */
};

struct plan {
    struct plan_chains setup;
    struct plan_chains sales;
    struct plan_totals totals;
};

/*
 * Plans the first invoice_limit invoices (0: all); names and prices come from the
 * whole file all the same. Fails with ERROR_INVALID when a total overflows.
 */
MUST_USE enum error_kind plan_make(const struct sales *sales, size_t invoice_limit,
                                   struct arena *arena, struct plan *ret, struct error *err);

#endif
