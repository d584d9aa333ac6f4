/* SPDX-License-Identifier: Apache-2.0 */
#include "relay-svc/core/quarantine.h"

#include "common/base/must.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define HASH_FUNCTION       HASH_OAT /* a plain loop; the default falls through cases, unmarked */
#define uthash_malloc(size) must_allocate(1, size)
#include <uthash.h>

struct quarantine_node {
    int64_t seq;
    char *name; /* type and id, a NUL between */
    size_t name_len;
    UT_hash_handle hh;
};

/* What is counted is found, and nothing else. */
static bool is_sound(const struct quarantine *quarantine)
{
    return (quarantine->nodes == NULL) == (quarantine->count == 0) &&
           HASH_COUNT(quarantine->nodes) == quarantine->count;
}

static char *join(const struct aggregate_key *key, size_t *ret_len)
{
    *ret_len = key->type.len + 1 + key->id.len;
    char *name = must_allocate(1, *ret_len);
    memcpy(name, key->type.data, key->type.len);
    memcpy(name + key->type.len + 1, key->id.data, key->id.len);
    return name;
}

/* NOLINTBEGIN(readability-function-size): what uthash's macros become is counted as ours */
static struct quarantine_node *find(const struct quarantine *quarantine,
                                    const struct aggregate_key *key)
{
    struct quarantine_node *node = NULL;
    assert(is_sound(quarantine));
    if (quarantine->count == 0) { /* as nearly always */
        return NULL;
    }
    size_t len;
    char *name = join(key, &len);
    HASH_FIND(hh, quarantine->nodes, name, len, node);
    free(name);
    assert(node == NULL || (node->name_len == len && node->seq > 0));
    return node;
}

static void add(struct quarantine *quarantine, const struct aggregate_key *key, int64_t seq)
{
    struct quarantine_node *node = must_allocate(1, sizeof *node);
    node->seq = seq;
    node->name = join(key, &node->name_len);
    HASH_ADD_KEYPTR(hh, quarantine->nodes, node->name, node->name_len, node);
    quarantine->count++;
    assert(is_sound(quarantine));
}

static void drop(struct quarantine *quarantine, struct quarantine_node *node)
{
    assert(quarantine->count > 0);
    HASH_DEL(quarantine->nodes, node);
    free(node->name);
    free(node);
    quarantine->count--;
    assert(is_sound(quarantine));
}

void quarantine_clear(struct quarantine *quarantine)
{
    struct quarantine_node *node;
    struct quarantine_node *next;
    HASH_ITER(hh, quarantine->nodes, node, next)
    {
        drop(quarantine, node);
    }
    assert(is_sound(quarantine));
    assert(quarantine->count == 0);
}
/* NOLINTEND(readability-function-size) */

static bool copy(struct strview from, char to[static AGGREGATE_TEXT_MAX])
{
    if (from.len >= AGGREGATE_TEXT_MAX) {
        return false;
    }
    memcpy(to, from.data, from.len);
    to[from.len] = '\0';
    return true;
}

bool aggregate_text_set(struct aggregate_text *text, const struct aggregate_key *key)
{
    return copy(key->type, text->type) && copy(key->id, text->id);
}

struct aggregate_key aggregate_text_key(const struct aggregate_text *text)
{
    return (struct aggregate_key){.type = strview_of(text->type), .id = strview_of(text->id)};
}

void quarantine_put(struct quarantine *quarantine, const struct aggregate_key *key, int64_t seq)
{
    assert(seq > 0);
    struct quarantine_node *node = find(quarantine, key);
    if (node != NULL) {
        node->seq = seq;
    } else {
        add(quarantine, key, seq);
    }
    assert(quarantine_first(quarantine, key) == seq);
}

void quarantine_extend(struct quarantine *quarantine, const struct aggregate_key *key, int64_t seq)
{
    if (!quarantine_holds(quarantine, key, seq)) {
        quarantine_put(quarantine, key, seq);
    }
    assert(quarantine_holds(quarantine, key, seq));
}

void quarantine_remove(struct quarantine *quarantine, const struct aggregate_key *key)
{
    struct quarantine_node *node = find(quarantine, key);
    if (node != NULL) {
        drop(quarantine, node);
    }
    assert(quarantine_first(quarantine, key) == 0);
}

int64_t quarantine_first(const struct quarantine *quarantine, const struct aggregate_key *key)
{
    const struct quarantine_node *node = find(quarantine, key);
    return node == NULL ? 0 : node->seq;
}

bool quarantine_holds(const struct quarantine *quarantine, const struct aggregate_key *key,
                      int64_t seq)
{
    const int64_t first = quarantine_first(quarantine, key);
    assert(first >= 0);
    return first > 0 && seq >= first;
}

bool quarantine_is_full(const struct quarantine *quarantine)
{
    assert(is_sound(quarantine));
    return quarantine->count >= QUARANTINE_MAX;
}

void quarantine_move(struct quarantine *to, struct quarantine *from)
{
    assert(to != from);
    assert(is_sound(from));
    quarantine_clear(to);
    *to = *from;
    *from = (struct quarantine){.nodes = NULL};
    assert(is_sound(to));
    assert(from->count == 0); /* each is in one of them only */
}
