/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keys.h - the Redis names this service writes and reads; nobody else spells them.
 *
 * Why one file: the names are public, and readers use them without us.
 *
 * Ownership: composed names live in the arena; data is NULL when it is full.
 */
#ifndef PROJECTOR_SVC_CORE_KEYS_H
#define PROJECTOR_SVC_CORE_KEYS_H

#include "common/base/arena.h"
#include "common/base/strview.h"
#include "common/contract/topics.h"

#include <stdint.h>

#define KEYS_POSITION       "projection:position"
#define KEYS_IDENTITY       "projection:identity" /* hash: slot -> the record taken last */
#define KEYS_DRAINING       "projection:draining" /* hash: aggregate -> slot whose owner frees it */
#define KEYS_STATUS         "projection:status"
#define KEYS_FROZEN         "projection:frozen"
#define KEYS_RECOVERING     "projection:recovering" /* hash: slot -> offset that was reached before */
#define KEYS_ORDERS_RECENT  "orders:recent"
#define KEYS_CHANNEL_ORDERS "orders"
#define KEYS_CHANNEL_ORDER  "orders:"  /* with the order's id behind it */
#define KEYS_CHANNEL_KEPT   "orders:-" /* nothing is ever published there */

struct strview keys_order(struct arena *arena, struct strview order_id);
struct strview keys_order_details(struct arena *arena, struct strview order_id);
struct strview keys_order_timeline(struct arena *arena, struct strview order_id);
struct strview keys_order_channel(struct arena *arena, struct strview order_id);
struct strview keys_customer(struct arena *arena, struct strview customer_id);
struct strview keys_customer_orders(struct arena *arena, struct strview customer_id);
struct strview keys_product(struct arena *arena, struct strview sku);

/* A product's stock is shown with the product. */
struct strview keys_stock(struct arena *arena, struct strview sku);

/* The hash an aggregate's view is read from: order:<id>, customer:<id> or product:<id>. */
struct strview keys_view(struct arena *arena, enum aggregate_type type, struct strview id);

/* Of normalised values, see contact.h. */
struct strview keys_lookup_email(struct arena *arena, struct strview email);
struct strview keys_lookup_phone(struct arena *arena, struct strview phone);

/* "<type>:<id>": the field in KEYS_FROZEN. */
struct strview keys_frozen_field(struct arena *arena, enum aggregate_type type, struct strview id);
struct strview keys_parked(struct arena *arena, enum aggregate_type type, struct strview id);

/* "<topic>/<partition>": the field in KEYS_POSITION. */
struct strview keys_slot(struct arena *arena, struct strview topic, int32_t partition);

/* Fields of KEYS_STATUS that one partition owns: what it read last, and how far its topic goes. */
struct strview keys_status_last(struct arena *arena, struct strview slot);
struct strview keys_status_end(struct arena *arena, struct strview slot);

#endif
