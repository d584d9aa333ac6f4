/* SPDX-License-Identifier: Apache-2.0 */
/*
 * told_times.h - a kept document with its times as they are told: RFC 3339.
 *
 * Why by its bytes and not by a tree: most answers are a kept document as it stands. In JSON that
 * we wrote a quote within a text has a backslash before it and nothing stands between the parts, so
 * that a quote with a colon and a number behind it ends a member's name. Times are the members at,
 * since, status_since and those that end in _at.
 *
 * Most have them as text already (view_positions.h says which have not): those are looked through,
 * and not copied. What is written otherwise (a person's spaces), or is no time, stays as it is.
 */
#ifndef PROJECTOR_SVC_VIEWS_TOLD_TIMES_H
#define PROJECTOR_SVC_VIEWS_TOLD_TIMES_H

#include "common/base/arena.h"
#include "common/base/strbuf.h"
#include "common/base/strview.h"

/* json itself, where all its times are told already; else its copy in out, which is empty before: a
 * full one tells by strbuf_ok(). */
struct strview told_times(struct strview json, struct strbuf *out);

/* The same, its copy in the arena; data is NULL where that is full. */
struct strview told_times_in(struct strview json, struct arena *arena);

#endif
