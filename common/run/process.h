/* SPDX-License-Identifier: Apache-2.0 */
/*
 * process.h - what the kernel says about this process, and its descriptor limit.
 */
#ifndef COMMON_RUN_PROCESS_H
#define COMMON_RUN_PROCESS_H

#include "common/base/error.h"

#include <stddef.h>

struct process_usage {
    double cpu_seconds; /* user and system, since start */
    double resident_bytes;
    double open_descriptors;
    double start_time; /* seconds since 1970 */
};

/* What cannot be read stays 0. */
struct process_usage process_usage(void);

/* Raises the soft limit where needed. Fails with ERROR_FATAL when the hard limit is below. */
MUST_USE enum error_kind process_allow_descriptors(size_t count, struct error *err);

#endif
