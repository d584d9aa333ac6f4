/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/query/order_waits.h"

#include "common/base/fnv1a.h"
#include "common/base/must.h"
#include "common/base/strview.h"
#include "common/io/redis/redisconn.h"
#include "projector-svc/core/keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

enum { BUCKETS = 1024, CHANNEL_MAX = sizeof KEYS_CHANNEL_ORDER + UUID_TEXT_LEN };

struct order_channel {
    char name[CHANNEL_MAX];
    bool is_confirmed;
    struct order_wait *waits;
    struct order_channel *next; /* in its bucket */
};

struct order_waits {
    struct redisconn *conn;
    struct order_channel *buckets[BUCKETS];
    size_t count;
    size_t max;
};

static struct order_channel **bucket_of(struct order_waits *waits, struct strview name)
{
    /* with at most max entries a bad day is bounded */
    return &waits->buckets[fnv1a(FNV1A_BASIS, name) % BUCKETS];
}

/* Where the channel's pointer stands, or the end of its bucket. */
static struct order_channel **find_channel(struct order_waits *waits, struct strview name)
{
    struct order_channel **at = bucket_of(waits, name);
    while (*at != NULL && !strview_is(name, (*at)->name)) {
        at = &(*at)->next;
    }
    return at;
}

static void subscribe(struct order_waits *waits, const struct order_channel *channel)
{
    struct error ignored; /* not connected: on_ready subscribes everybody */
    const enum error_kind kind =
        redisconn_subscribe(waits->conn, strview_of(channel->name), &ignored);
    (void)kind;
}

/* A woken one may leave, and take the channel with it when it was the last. */
static void wake_all(struct order_channel *channel)
{
    struct order_wait *wait = channel->waits;
    while (wait != NULL) {
        struct order_wait *next = wait->next;
        wait->on_wake(wait->user);
        wait = next;
    }
}

static void on_subscribed(void *user, struct strview name)
{
    struct order_channel *channel = *find_channel(user, name);
    if (channel != NULL) {
        channel->is_confirmed = true;
        wake_all(channel);
    }
}

static void on_message(void *user, struct strview name, struct strview payload)
{
    struct order_channel *channel = *find_channel(user, name);
    (void)payload;
    if (channel != NULL) {
        wake_all(channel);
    }
}

static void on_ready(void *user)
{
    struct order_waits *waits = user;
    for (size_t i = 0; i < BUCKETS; i++) {
        for (struct order_channel *channel = waits->buckets[i]; channel != NULL;
             channel = channel->next) {
            channel->is_confirmed = false;
            subscribe(waits, channel);
        }
    }
}

enum error_kind order_waits_new(struct loop *loop, const char *redis_url, size_t max,
                                struct order_waits **ret_waits, struct error *err)
{
    struct order_waits *waits = must_allocate(1, sizeof *waits);
    waits->max = max;
    const struct redisconn_options options = {
        .url = redis_url,
        .client_name = "orderspine-waits",
        .channel = KEYS_CHANNEL_KEPT,
        .on_ready = on_ready,
        .on_subscribed = on_subscribed,
        .on_message = on_message,
        .user = waits,
    };
    const enum error_kind kind = redisconn_new(loop, &options, &waits->conn, err);
    if (kind != ERROR_NONE) {
        free(waits);
        return kind;
    }
    *ret_waits = waits;
    return ERROR_NONE;
}

void order_waits_leave(struct order_waits *waits, const char *why)
{
    redisconn_leave(waits->conn, why);
}

void order_waits_free(struct order_waits *waits)
{
    if (waits == NULL) {
        return;
    }
    redisconn_free(waits->conn);
    for (size_t i = 0; i < BUCKETS; i++) {
        while (waits->buckets[i] != NULL) {
            struct order_channel *channel = waits->buckets[i];
            waits->buckets[i] = channel->next;
            free(channel);
        }
    }
    free(waits);
}

static struct order_channel *find_or_add(struct order_waits *waits, const struct uuid *order_id,
                                         bool *ret_is_new)
{
    char name[CHANNEL_MAX];
    (void)snprintf(name, sizeof name, KEYS_CHANNEL_ORDER "%s", order_id->text);
    struct order_channel **at = find_channel(waits, strview_of(name));
    *ret_is_new = *at == NULL;
    if (*at == NULL) {
        *at = must_allocate(1, sizeof **at);
        memcpy((*at)->name, name, sizeof name);
    }
    return *at;
}

enum error_kind order_waits_add(struct order_waits *waits, const struct uuid *order_id,
                                struct order_wait *wait, struct error *err)
{
    bool is_new = false;
    struct order_channel *channel =
        waits->count < waits->max ? find_or_add(waits, order_id, &is_new) : NULL;
    if (channel == NULL) {
        return error_set(err, ERROR_EXHAUSTED, "%zu requests are waiting already", waits->count);
    }
    wait->channel = channel;
    DL_PREPEND2(channel->waits, wait, previous, next);
    waits->count++;
    if (is_new || channel->is_confirmed) {
        subscribe(waits, channel); /* a repeated one is confirmed, and wakes, just the same */
    }
    return ERROR_NONE;
}

void order_waits_remove(struct order_waits *waits, struct order_wait *wait)
{
    struct order_channel *channel = wait->channel;
    if (channel == NULL) {
        return;
    }
    DL_DELETE2(channel->waits, wait, previous, next);
    wait->channel = NULL;
    waits->count--;
    if (channel->waits == NULL) {
        redisconn_unsubscribe(waits->conn, strview_of(channel->name));
        *find_channel(waits, strview_of(channel->name)) = channel->next;
        free(channel);
    }
}

size_t order_waits_count(const struct order_waits *waits)
{
    return waits->count;
}
