/* SPDX-License-Identifier: Apache-2.0 */
/*
 * order_row.h - an order as a list shows it: fields of its hash, asked for and written by one
 * table.
 *
 * Private to projector-svc/query/.
 */
#ifndef PROJECTOR_SVC_QUERY_ORDER_ROW_H
#define PROJECTOR_SVC_QUERY_ORDER_ROW_H

#include "common/contract/json_writer.h"
#include "common/io/redis/redisconn.h"
#include "projector-svc/views/arglist.h"

/* The names of the fields, in the row's order. */
void order_row_ask(struct arglist *args);

/* A row is the order's id, when it was placed, then the fields. */
void order_row_put(struct json_writer *writer, const struct redisconn_reply *row);

#endif
