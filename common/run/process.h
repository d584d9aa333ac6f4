/* SPDX-License-Identifier: Apache-2.0 */
/*
 * process.h - what the kernel says about this process, and its descriptor limit.
 */
#ifndef COMMON_RUN_PROCESS_H
#define COMMON_RUN_PROCESS_H

#include <stddef.h>

struct process_usage {
    double cpu_seconds; /* user and system, since start */
    double resident_bytes;
    double open_descriptors;
    double start_time; /* seconds since 1970; always the same */
};

/* What cannot be read stays 0. */
struct process_usage process_usage(void);

/* Gives each of the first three descriptors that is closed to /dev/null. Why: the next socket would
 * get its number, and what is written to the log go to that server. To be called first of all. */
void process_keep_standard_descriptors(void);

/* Raises the soft limit to count as far as the hard one allows; returns what it is then. */
size_t process_allow_descriptors(size_t count);

#endif
