/* SPDX-License-Identifier: Apache-2.0 */
/*
 * view_json.h - the JSON documents of an order kept in Redis, from values and back.
 *
 * Why the details hold all there is to know of an order: readers get the whole
 * page with one GET, and the fold needs nothing else to go on, so a batch
 * loads with one round trip.
 *
 * Why projected_at stands last: it is the only member that a rebuild changes.
 *
 * Ownership: texts read stay in the arena, texts made are appended to out.
 * Units: every time is epoch milliseconds, UTC; in a document RFC 3339, or the same where the views
 * were begun by 0.1.0, which reads no other (see view_positions.h). Either is read.
 */
#ifndef PROJECTOR_SVC_VIEWS_VIEW_JSON_H
#define PROJECTOR_SVC_VIEWS_VIEW_JSON_H

#include "common/base/arena.h"
#include "common/base/error.h"
#include "common/base/strbuf.h"
#include "common/contract/json_writer.h"
#include "projector-svc/core/order_view.h"

#include <stdint.h>

struct incoming;

/* The writers return false when out is full or a text is not UTF-8. */
MUST_USE bool view_json_details(const struct order_view *view, int64_t projected_at_ms,
                                enum json_times times, struct strbuf *out);

/* The view's texts stand in json. ERROR_INVALID when this is no document of ours; ERROR_EXHAUSTED
 * when the arena is too small. */
MUST_USE enum error_kind view_json_read_details(struct strview json, struct arena *arena,
                                                struct order_view *ret, struct error *err);

/* The timeline's element for an applied event of an order. */
MUST_USE bool view_json_timeline(const struct incoming *incoming, enum json_times times,
                                 struct strbuf *out);

/* The event_id of a timeline's element, copied; empty when there is none. */
struct strview view_json_timeline_event_id(struct strview json, struct arena *arena);

/* What is published of an event that was applied, with the status it left the order in. */
MUST_USE bool view_json_message(const struct incoming *incoming, struct strview customer_id,
                                enum order_status status, struct strbuf *out);

#endif
