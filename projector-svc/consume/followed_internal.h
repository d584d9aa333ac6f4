/* SPDX-License-Identifier: Apache-2.0 */
/*
 * followed_internal.h - what is said of topics and partitions that nobody follows.
 *
 *   followed.c ──> followed_tell.c
 */
#ifndef PROJECTOR_SVC_CONSUME_FOLLOWED_INTERNAL_H
#define PROJECTOR_SVC_CONSUME_FOLLOWED_INTERNAL_H

struct followed;
struct followed_partition;

/* To readers, in Redis: there is such a partition, and nobody ever reported it. */
void followed_tell_unreported(const struct followed *followed,
                              const struct followed_partition *partition);

/* How far the partitions go whose records are missed. When they were reported last stays. */
void followed_tell_readers(const struct followed *followed);

/* In the log, at once and each minute. */
void followed_tell_operators(struct followed *followed);

#endif
