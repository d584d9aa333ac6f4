/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fnv1a.h - FNV-1a of 64 bits (draft-eastlake-fnv), for tables and names that are ours.
 *
 * Why not for what an outsider fills at will: who knows the function finds texts that share a hash,
 * so each user bounds how many there can be.
 */
#ifndef COMMON_BASE_FNV1A_H
#define COMMON_BASE_FNV1A_H

#include "common/base/strview.h"

#include <stdint.h>

#define FNV1A_BASIS UINT64_C(14695981039346656037)

/* hash: FNV1A_BASIS, or what the bytes before these came to. */
static inline uint64_t fnv1a(uint64_t hash, struct strview bytes)
{
    for (size_t i = 0; i < bytes.len; i++) {
        hash = (hash ^ (unsigned char)bytes.data[i]) * UINT64_C(1099511628211);
    }
    return hash;
}

#endif
