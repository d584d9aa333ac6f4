/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/core/receipt_memory.h"

#include "common/base/must.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { PLACES = 8192, RING_BYTES = RECEIPT_MEMORY_BYTES - PLACES * (int)sizeof(uint64_t) };

struct head {
    char key[UUID_TEXT_LEN];
    uint8_t request_hash[REQUEST_HASH_LEN];
    int status;
    int64_t version;
    size_t location_len;
    size_t body_len;
};

/* Positions count all bytes ever written; a position's byte is at its remainder. An entry is whole
 * while the ring has not come round to it; 0 stands for "none". */
struct receipt_memory {
    uint64_t end;
    uint64_t places[PLACES];
    char ring[RING_BYTES];
};

struct receipt_memory *receipt_memory_new(void)
{
    struct receipt_memory *memory = must_allocate(1, sizeof *memory); /* touched as it fills */
    receipt_memory_clear(memory);
    return memory;
}

void receipt_memory_free(struct receipt_memory *memory)
{
    free(memory);
}

void receipt_memory_clear(struct receipt_memory *memory)
{
    memory->end = RING_BYTES; /* no entry is at 0, which stands for none */
    memset(memory->places, 0, sizeof memory->places);
}

/* Keys are heads of hashes already: their last digits will do. */
static size_t place_of(const struct uuid *key)
{
    size_t place = 0;
    for (size_t i = UUID_TEXT_LEN - 8; i < UUID_TEXT_LEN; i++) {
        const char digit = key->text[i];
        assert((digit >= '0' && digit <= '9') || (digit >= 'a' && digit <= 'f'));
        place = place * 16 + (size_t)(digit <= '9' ? digit - '0' : digit - 'a' + 10);
    }
    return place % PLACES;
}

static void append(struct receipt_memory *memory, const void *bytes, size_t len)
{
    assert(len <= RING_BYTES - memory->end % RING_BYTES);
    if (len > 0) {
        memcpy(memory->ring + memory->end % RING_BYTES, bytes, len);
        memory->end += len;
    }
}

/* An entry is in one piece: what is left of the ring's end is passed over. */
void receipt_memory_put(struct receipt_memory *memory, const struct uuid *key,
                        const struct remembered *receipt)
{
    struct head head = {.status = receipt->status,
                        .version = receipt->version,
                        .location_len = receipt->location.len,
                        .body_len = receipt->body.len};
    const size_t len = sizeof head + head.location_len + head.body_len;
    if (len > RING_BYTES / 4) {
        return;
    }
    const size_t left = RING_BYTES - memory->end % RING_BYTES;
    memory->end += left < len ? left : 0;
    memcpy(head.key, key->text, sizeof head.key);
    memcpy(head.request_hash, receipt->request_hash, sizeof head.request_hash);
    assert(memory->end > 0);
    assert(RING_BYTES - memory->end % RING_BYTES >= len); /* in one piece */
    memory->places[place_of(key)] = memory->end;
    append(memory, &head, sizeof head);
    append(memory, receipt->location.data, head.location_len);
    append(memory, receipt->body.data, head.body_len);
    assert(memory->end - memory->places[place_of(key)] == len);
}

bool receipt_memory_find(const struct receipt_memory *memory, const struct uuid *key,
                         struct remembered *ret)
{
    const uint64_t at = memory->places[place_of(key)];
    assert(at <= memory->end);
    struct head head;
    if (at == 0 || memory->end - at > RING_BYTES) {
        return false;
    }
    const char *bytes = memory->ring + at % RING_BYTES;
    memcpy(&head, bytes, sizeof head);
    if (memcmp(head.key, key->text, sizeof head.key) != 0) {
        return false;
    }
    /* in one piece, and all of it written */
    assert(head.location_len + head.body_len <= RING_BYTES - at % RING_BYTES - sizeof head);
    assert(at + sizeof head + head.location_len + head.body_len <= memory->end);
    *ret = (struct remembered){.request_hash =
                                   (const uint8_t *)bytes + offsetof(struct head, request_hash),
                               .status = head.status,
                               .version = head.version,
                               .location = {bytes + sizeof head, head.location_len},
                               .body = {bytes + sizeof head + head.location_len, head.body_len}};
    return true;
}
