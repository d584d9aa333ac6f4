/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/core/held.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#define HELD_KIND_TOLD_FROM(KIND, name, told_from) told_from,
static const char *const NAMES[HELD_KIND_COUNT] = {HELD_KINDS(HELD_KIND_NAME)};
static const enum holder_state TOLD_FROM[HELD_KIND_COUNT] = {HELD_KINDS(HELD_KIND_TOLD_FROM)};

/* What is counted is there, and the place of the next one the log is told of is a place. */
static bool is_sound(const struct held *held)
{
    return held->count <= HELD_MAX && held->told_next < HELD_MAX;
}

const char *held_kind_name(enum held_kind kind)
{
    assert(kind < HELD_KIND_COUNT);
    return NAMES[kind];
}

static size_t place_of(const struct held *held, enum held_kind kind, struct strview name)
{
    assert(is_sound(held));
    assert(kind < HELD_KIND_COUNT);
    size_t i = 0;
    while (i < held->count &&
           (held->entries[i].kind != kind || !strview_is(name, held->entries[i].name))) {
        i++;
    }
    return i;
}

static struct held_entry *find(struct held *held, enum held_kind kind, struct strview name)
{
    const size_t place = place_of(held, kind, name);
    return place < held->count ? &held->entries[place] : NULL;
}

static void drop(struct held *held, struct held_entry *entry)
{
    assert(entry >= held->entries && entry < held->entries + held->count);
    *entry = held->entries[--held->count];
    assert(is_sound(held));
}

bool held_note(struct held *held, enum held_kind kind, struct strview name, int64_t since_ms,
               int64_t now_ms)
{
    assert(name.len > 0); /* "" is no lock's name: nobody was told of it */
    assert(since_ms <= now_ms);
    struct held_entry *entry = find(held, kind, name);
    if (entry != NULL) {
        assert(now_ms >= entry->noted_ms);
        entry->noted_ms = now_ms;
        return false;
    }
    if (held->count == HELD_MAX || name.len >= sizeof entry->name) {
        return false; /* of ours none is longer; cut short it would be new each time */
    }
    entry = &held->entries[held->count++];
    *entry = (struct held_entry){.kind = kind, .since_ms = since_ms, .noted_ms = now_ms};
    (void)snprintf(entry->name, sizeof entry->name, "%.*s", STRVIEW_ARG(name));
    assert(is_sound(held));
    assert(entry->state == HOLDER_UNKNOWN);
    return true;
}

void held_had(struct held *held, enum held_kind kind, struct strview name)
{
    struct held_entry *entry = find(held, kind, name);
    if (entry != NULL) {
        drop(held, entry);
        assert(find(held, kind, name) == NULL); /* a lock is named once */
    }
}

void held_look(struct held *held, int64_t now_ms)
{
    assert(is_sound(held));
    for (size_t i = held->count; i > 0; i--) {
        if (now_ms - held->entries[i - 1].noted_ms >= HELD_FORGET_MS) {
            drop(held, &held->entries[i - 1]);
        }
    }
}

void held_by(struct held *held, enum held_kind kind, struct strview name,
             const struct holder *holder)
{
    struct held_entry *entry = find(held, kind, name);
    if (entry == NULL) {
        return;
    }
    assert(entry->kind == kind);
    assert(entry->state <= HOLDER_OTHER);
    const bool is_first = entry->state == HOLDER_UNKNOWN;
    const bool is_same = strcmp(entry->holder.transaction, holder->transaction) == 0;
    entry->state = is_first ? HOLDER_FIRST : is_same ? HOLDER_SAME : HOLDER_OTHER;
    assert(entry->state != HOLDER_UNKNOWN);
    entry->holder = *holder;
}

const struct held_entry *held_find(const struct held *held, enum held_kind kind,
                                   struct strview name)
{
    const size_t place = place_of(held, kind, name);
    return place < held->count ? &held->entries[place] : NULL;
}

const struct held_entry *held_first(const struct held *held)
{
    assert(is_sound(held));
    for (size_t i = 0; i < held->count; i++) {
        if (held->entries[i].state != HOLDER_UNKNOWN) {
            return &held->entries[i];
        }
    }
    return held->count > 0 ? &held->entries[0] : NULL;
}

static struct held_told *find_told(struct held *held, const struct held_entry *entry)
{
    assert(entry->name[0] != '\0'); /* "" is a place where nothing was told yet */
    for (size_t i = 0; i < HELD_MAX; i++) {
        struct held_told *told = &held->told[i];
        if (told->kind == entry->kind && told->pid == entry->holder.pid &&
            strcmp(told->name, entry->name) == 0) {
            return told;
        }
    }
    return NULL;
}

bool held_take_news(struct held *held, const struct held_entry *entry, int64_t now_ms)
{
    assert(is_sound(held));
    assert(entry->kind < HELD_KIND_COUNT);
    struct held_told *told = find_told(held, entry);
    assert(told == NULL || now_ms >= told->at_ms);
    if (entry->state < TOLD_FROM[entry->kind] ||
        (told != NULL && now_ms - told->at_ms < HELD_TELL_MS)) {
        return false;
    }
    if (told == NULL) {
        told = &held->told[held->told_next];
        held->told_next = (held->told_next + 1) % HELD_MAX;
    }
    *told = (struct held_told){.kind = entry->kind, .pid = entry->holder.pid, .at_ms = now_ms};
    (void)snprintf(told->name, sizeof told->name, "%s", entry->name);
    assert(is_sound(held));
    assert(find_told(held, entry) == told);
    return true;
}

size_t held_count(const struct held *held, enum held_kind kind)
{
    size_t count = 0;
    assert(kind < HELD_KIND_COUNT);
    assert(is_sound(held));
    for (size_t i = 0; i < held->count; i++) {
        count += held->entries[i].kind == kind ? 1 : 0;
    }
    assert(count <= held->count);
    return count;
}
