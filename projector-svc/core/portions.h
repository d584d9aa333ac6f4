/* SPDX-License-Identifier: Apache-2.0 */
/*
 * portions.h - how much of a long comparison is held at once; pure.
 *
 * Why records that come behind a full portion are left out and read again: the loop goes on until
 * nothing is due, so they come all the same; and the end of the partition that follows them is not
 * the portion's.
 */
#ifndef PROJECTOR_SVC_CORE_PORTIONS_H
#define PROJECTOR_SVC_CORE_PORTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How many aggregates are loaded after so many: 1 to most, never none. */
size_t portions_next(size_t count, size_t most, bool was_too_large);

/* A partition's records. Kept ones fill memory; those that are only seen take time. */
enum { LOG_KEPT_MAX = 8192, LOG_SEEN_MAX = 65536, LOG_BYTES_MAX = 32 << 20 };

struct log_portion {
    int64_t next_offset;
    int64_t end; /* the offset up to which it is read */
    size_t seen;
    size_t bytes;
    size_t kept; /* counted by who keeps them */
    bool is_at_end;
};

/* The next one, from where this one ended. */
void log_portion_begin(struct log_portion *portion);

bool log_portion_is_full(const struct log_portion *portion);

/* A record of so many bytes is the portion's. False: it is not looked at. */
bool log_portion_takes(struct log_portion *portion, int64_t offset, size_t bytes);

/* The broker has no further record. */
void log_portion_ends(struct log_portion *portion);

#endif
