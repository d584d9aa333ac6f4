/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shards.h - the shards of this relay, and what is counted over all of them.
 *
 * Why this module is alone: every part of the relay works on them (leases, tails, reading, filling,
 * marking, watching), and none of these knows the others through them. Who changes a shard hands in
 * what follows from it; whoever made the shards carries that out, in one place.
 *
 * Ownership: shards_new/_free; what the options point to is borrowed for as long. Threads: the
 * loop's.
 */
#ifndef RELAY_SVC_SHARDS_SHARDS_H
#define RELAY_SVC_SHARDS_SHARDS_H

#include "relay-svc/core/quarantine.h"
#include "relay-svc/core/shard_log.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct metrics;

/* The row that comes next on that way: it is to be parked, as soon as nothing is in flight. */
struct shard_poison {
    bool is_met;
    bool is_doubtful; /* too large, but the limits known may be old ones */
    uint16_t run;     /* of the log */
    enum shard_way way;
    char why[SHARD_REASON_MAX];
};

enum { SHARD_RATE_SECONDS = 5 };

/* How it stands, as counted once a second, whoever holds it. */
struct shard_stand {
    int64_t position;
    int64_t newest;      /* row of the outbox; the position where there is none behind it */
    int64_t rows_behind; /* estimated */
    int64_t oldest_age_ms;
    int64_t acknowledged;                /* events, by this relay, in this second */
    int64_t seconds[SHARD_RATE_SECONDS]; /* the same, in those before it */
};

struct shard {
    struct shard_log log;
    struct shard_stand stand;
    struct quarantine parked;
    struct shard_poison poison;
    int64_t since_ms;   /* when its state was entered; monotonic */
    bool wants_recheck; /* stopped, and it is time to look again */
};

/* What the topics take, as Kafka told it last. */
struct shards_limits {
    int64_t message_max[SHARD_TOPICS_MAX]; /* max.message.bytes; 0: not told */
    int64_t looked_ms;                     /* monotonic */
    bool is_wanted;                        /* to be looked at anew */
};

/* effects is a set of enum shard_effect. */
typedef void shards_effects_fn(void *user, int shard, unsigned effects);

struct shards {
    struct shard *all; /* by number */
    int count;
    const char *const *topics;
    const char *const *aggregate_types; /* one per topic */
    int topic_count;
    struct metrics *metrics;
    shards_effects_fn *on_effects;
    void *user;
    size_t flight_bytes; /* of all shards */
    size_t flight_rows;
    size_t owned; /* how many are ours */
    struct shards_limits limits;
    bool is_draining;
    /* This database has published nothing yet, as far as our shards tell: then nothing is sent
     * before every tail is judged, and a tail that is not its own forbids all of them. */
    bool is_new;
};

struct shards_options {
    int count;
    int window_rows; /* per shard */
    const char *const *topics;
    const char *const *aggregate_types;
    int topic_count;
    struct metrics *metrics;
    shards_effects_fn *on_effects;
    void *user;
};

struct shards *shards_new(const struct shards_options *options);
void shards_free(struct shards *shards);

/* Kafka will never take the row that comes next on that way, or nobody can read it: the shard
 * pauses, and it is parked. */
void shards_poison(struct shards *shards, int shard, enum shard_way way, const char *fmt, ...)
    PRINTF_LIKE(4, 5);

/* The same, for its size: it is parked only where the limits known are not old ones. */
void shards_poison_size(struct shards *shards, int shard, enum shard_way way, const char *why);

/* Whether they are what Kafka says now, but for seconds. */
bool shards_limits_are_fresh(const struct shards *shards, int64_t now_ms);

/*
 * To be called with whatever a rule of shard_log returns. Further effects, of this shard and of
 * others, may be carried out before it returns: whoever calls looks at a shard's state anew
 * afterwards.
 */
void shards_follow(struct shards *shards, int shard, unsigned effects);

/* The same rule for every shard, and what follows; what concerns them all is done once, at the
 * end. */
void shards_follow_all(struct shards *shards, unsigned (*rule)(struct shard_log *log));

/* How many there are of which that holds. */
int shards_count(const struct shards *shards, bool (*holds)(const struct shard_log *log));

/* Ours, and not about to be given back. */
bool shards_is_kept(const struct shard_log *log);

/* Longer than reading the ends of partitions takes when Kafka answers. */
bool shards_waits_for_tails(const struct shard *shard, int64_t now_ms);

/* Counts anew what is in flight; between two counts it only grows, by what is sent. */
void shards_recount(struct shards *shards);
void shards_count_sent(struct shards *shards, const struct window_row *row);

/* Once a second. */
void shards_count_rates(struct shards *shards);
/* Events a second over the last ones, rounded up. */
int64_t shards_rate(const struct shard *shard);

/* Bytes and rows that a shard may send more. */
size_t shards_bytes_left(const struct shards *shards, const struct shard *shard);
size_t shards_rows_left(const struct shards *shards, const struct shard *shard);

#endif
