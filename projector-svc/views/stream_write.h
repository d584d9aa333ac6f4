/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stream_write.h - what a batch adds to stream:orders: an entry for each event of an order that it
 * applies, in the call that writes the views, so that none is missing and none stands there twice.
 *
 * Why before every other write: should Redis refuse an entry in the middle of the call, nothing
 * else is written yet.
 */
#ifndef PROJECTOR_SVC_VIEWS_STREAM_WRITE_H
#define PROJECTOR_SVC_VIEWS_STREAM_WRITE_H

#include "projector-svc/core/view_diff.h"

struct batch;

/* Errors: sticky in the set. */
void stream_write(const struct batch *batch, const struct view_moment *moment,
                  struct write_set *set);

#endif
