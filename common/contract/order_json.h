/* SPDX-License-Identifier: Apache-2.0 */
/*
 * order_json.h - the pieces of an order that look the same in an event and in a view.
 */
#ifndef COMMON_CONTRACT_ORDER_JSON_H
#define COMMON_CONTRACT_ORDER_JSON_H

#include "common/contract/order_event.h"

#include <stddef.h>

struct json_writer;

/* The member "lines". */
void order_json_put_lines(struct json_writer *writer, const struct order_line *lines, size_t count);

/* The member "shipping_address". */
void order_json_put_address(struct json_writer *writer, const struct shipping_address *address);

#endif
