/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fault_point.h - named places where a crash or an error hurts most.
 *
 * Why: a test that kills "somewhere around here" proves little. With
 * -DFAULTS=ON the environment names the place and the hit:
 *
 *     FAULT_PLAN="relay.after_ack_before_mark@3=kill,command.after_commit=error"
 *
 * Actions: kill (SIGKILL to itself), stop (SIGSTOP to itself), error (the
 * expression is true, and the caller fails as if the outside world had).
 * Without @n the first hit counts. Each entry fires once. In other builds the
 * expression is the constant false and leaves no trace in the binary.
 *
 * Threads: the loop's thread only.
 */
#ifndef COMMON_BASE_FAULT_POINT_H
#define COMMON_BASE_FAULT_POINT_H

#include <stdbool.h>

#ifdef FAULTS
#define FAULT_POINT(name) fault_point_hit(name)
#else
#define FAULT_POINT(name) false
#endif

/* Counts a hit; carries out what the plan says for it. True: fail here. Aborts on a bad plan. */
bool fault_point_hit(const char *name);

#endif
