/* SPDX-License-Identifier: Apache-2.0 */
/*
 * attribute.h - what the compiler is told of a function beside its types.
 */
#ifndef COMMON_BASE_ATTRIBUTE_H
#define COMMON_BASE_ATTRIBUTE_H

#define MUST_USE          __attribute__((warn_unused_result))
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))

#endif
