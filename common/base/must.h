/* SPDX-License-Identifier: Apache-2.0 */
/*
 * must.h - what is done when there is no memory for our own small structures: the process ends.
 *
 * Why: of a few hundred bytes at start, or per trip and timer, no caller could do without, and a
 * path nobody can try is not a way out. The process is started again, with what is durable as it
 * was. What outsiders make large comes from arenas and strbufs, which have bounds and answer with
 * ERROR_EXHAUSTED.
 */
#ifndef COMMON_BASE_MUST_H
#define COMMON_BASE_MUST_H

#include <stddef.h>

/* Zeroed memory for count elements, to be freed with free(). Never NULL: it aborts. */
void *must_allocate(size_t count, size_t size)
    __attribute__((returns_nonnull, malloc, warn_unused_result));

#endif
