/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cleanup.h - scope-bound release for the resources this code base acquires.
 *
 * Why: a function that fails half way must give back exactly what it took.
 * Tying the release to the variable keeps that promise on every return path,
 * including the ones added next year. gcc and clang both provide the
 * attribute; there is no portable spelling in C17.
 */
#ifndef COMMON_BASE_CLEANUP_H
#define COMMON_BASE_CLEANUP_H

#include <stddef.h>
#include <stdlib.h>

/* The variable must be initialised where it is declared. What has a _done() takes that itself:
 * CLEANUP(strbuf_done). */
#define CLEANUP(fn)  __attribute__((cleanup(fn)))

/* For a plain malloc'd pointer of any type. */
#define CLEANUP_FREE CLEANUP(cleanup_free)

/* cleanup_<fn>(), for a variable of that pointer type; fn is not called with NULL. */
#define DEFINE_CLEANUP(type, fn)                                                                   \
    static void cleanup_##fn(__typeof__(type) *slot)                                               \
    {                                                                                              \
        if (*slot != NULL) {                                                                       \
            (void)fn(*slot);                                                                       \
        }                                                                                          \
    }

static inline void cleanup_free(void *slot)
{
    free(*(void **)slot);
}

/*
 * Hand a pointer on: yields its value and leaves NULL behind, so the scope's
 * cleanup no longer owns it. Typical use: return TAKE_PTR(order);
 */
#define TAKE_PTR(p)                                                                                \
    __extension__({                                                                                \
        __typeof__(p) *take_slot_ = &(p);                                                          \
        __typeof__(p) take_value_ = *take_slot_;                                                   \
        *take_slot_ = NULL;                                                                        \
        take_value_;                                                                               \
    })

#endif
