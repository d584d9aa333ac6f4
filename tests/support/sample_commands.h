/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sample_commands.h - commands to begin a test with; the test changes what it is about.
 *
 * Each is one the rules accept once the aggregates it names exist. Every
 * builder call gets a key, a command_id and an event_id of its own.
 */
#ifndef TESTS_SUPPORT_SAMPLE_COMMANDS_H
#define TESTS_SUPPORT_SAMPLE_COMMANDS_H

#include "command-svc/core/command.h"

#define SAMPLE_ORDER_ID "01990000-0000-7000-8000-00000000000a"

enum { SAMPLE_PRICE = 250 };

/* By agent:a1, of customer c-1 and product sku-1, for any version. */
struct command a_registration(const char *customer_id);
struct command an_addition(const char *sku, int64_t unit_price_minor);
struct command a_delivery_of_stock(const char *sku, int64_t quantity);
struct command a_new_price(const char *sku, int64_t unit_price_minor);
struct command a_count_of_stock(const char *sku, int64_t delta);
struct command an_end_of_sale(const char *sku);

/* Gives a new email alone. */
struct command a_change_of_contact(const char *customer_id);
struct command a_deactivation(const char *customer_id);
struct command a_reactivation(const char *customer_id);

/* In EUR for customer c-1; the lines outlive the command. */
struct command an_order(const char *order_id, const struct wanted_line *lines, size_t count);

/* AuthorizePayment, ShipOrder, DeliverOrder or CancelOrder of SAMPLE_ORDER_ID. */
struct command an_authorization(int64_t amount_minor);
struct command a_step(enum command_kind kind);
struct command a_capture(int64_t amount_minor);
struct command a_refund(int64_t amount_minor);

/* The same key as the other one's, with a request of its own. */
struct command with_key_of(struct command command, const struct command *other);

#endif
