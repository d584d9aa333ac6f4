/* SPDX-License-Identifier: Apache-2.0 */
/*
 * outbox_store.h - the only SQL of this service: leases, marks, look-ups, range reads.
 *
 * Why several connections: reading is what a relay spends its time on, and a
 * result of a mebibyte must not keep a lease from being renewed. One connection
 * is for control (leases, marks, look-ups, the bell), the others read.
 *
 * Each call sends one trip and calls back once, from the loop, with err NULL or
 * the reason; a lost connection is ERROR_TRANSIENT and comes back by itself. What
 * a trip hands out before its done callback holds only if that has err NULL.
 *
 * Ownership: what callbacks receive is borrowed for the callback. At most one
 * trip of a kind is in flight (reads: one per reader).
 */
#ifndef RELAY_SVC_OUTBOX_OUTBOX_STORE_H
#define RELAY_SVC_OUTBOX_OUTBOX_STORE_H

#include "common/base/error.h"
#include "common/base/strview.h"
#include "relay-svc/core/foreign_lock.h"
#include "relay-svc/core/quarantine.h"
#include "relay-svc/core/shard_log.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct loop;
struct outbox_store;

struct outbox_store_options {
    const char *url;
    const char *owner; /* this relay's name in the leases */
    int64_t lease_ms;
    int readers;
    /* Every connection is there (again); shards is how many the database has. */
    void (*on_ready)(void *user, int shards);
    /* One was lost. What comes back may be another database (restored, made anew): nothing known of
     * it holds any longer. */
    void (*on_lost)(void *user);
    void (*on_bell)(void *user); /* somebody has appended */
    void *user;
};

/* The longest that a relay may ask for. */
enum { OUTBOX_LEASE_MAX_S = 300 };

struct outbox_lease {
    int shard;
    int64_t epoch;
    int64_t position;
};

/* A row of relay_sent. */
struct outbox_sent {
    int shard;
    struct strview topic;
    struct shard_topic_mark mark;
};

/* A row of the outbox, in text as PostgreSQL sends it; absent headers have no data. */
struct outbox_row {
    int shard;
    int64_t seq;
    struct strview seq_text;
    struct uuid id;
    struct strview aggregate_type;
    struct strview aggregate_id;
    struct strview type;
    struct strview payload;
    struct strview version;
    struct strview occurred_at; /* 2026-01-02 03:04:05.678901+00 */
    struct strview correlation_id;
    struct strview causation_id;
    struct strview traceparent;
    size_t bytes; /* of all of it */
};

typedef void outbox_done(void *user, const struct error *err);

MUST_USE enum error_kind outbox_store_new(struct loop *loop,
                                          const struct outbox_store_options *options,
                                          struct outbox_store **ret_store, struct error *err);
void outbox_store_free(struct outbox_store *store);

/* What is done over the control connection again and again; each keeps its last error. */
#define OUTBOX_WORKS(X)                                                                            \
    X(BEAT, "renewing leases")                                                                     \
    X(CLAIM, "claiming shards")                                                                    \
    X(RELEASE, "giving shards back")                                                               \
    X(MARK, "writing positions")                                                                   \
    X(FIND, "looking up rows")                                                                     \
    X(BACKLOG, "counting what waits")                                                              \
    X(TABLE_LOCKS, "looking for locked tables")                                                    \
    X(PARK, "parking an event")                                                                    \
    X(REQUESTS, "looking for requests")                                                            \
    X(FREE, "carrying out a request")

#define OUTBOX_WORK_ENTRY(WORK, name) OUTBOX_##WORK,
enum outbox_work { OUTBOX_WORKS(OUTBOX_WORK_ENTRY) OUTBOX_WORK_COUNT };

/* ERROR_NONE, or the last error of a work whose last attempt failed. */
MUST_USE enum error_kind outbox_store_probe(const struct outbox_store *store, struct error *err);

/* ERROR_NONE, or why not every connection is there. */
MUST_USE enum error_kind outbox_store_state(const struct outbox_store *store, struct error *err);

/* --- leases ------------------------------------------------------------------ */

struct outbox_members {
    int alive;                    /* relays, this one included */
    int others_reaching;          /* Kafka, of the others */
    int rivals;                   /* of the others, those that publish to other topics */
    struct strview rival;         /* the first of them; no data: there is none */
    struct strview rival_prefix;  /* its TOPIC_PREFIX */
    struct strview rival_cluster; /* the id of its Kafka cluster; no data: it did not say */
};

/* What this relay says of itself. */
struct outbox_self {
    const char *topic_prefix;
    const char *kafka_cluster; /* its id; "": not known */
    bool reaches_kafka;
};

struct outbox_beat_events {
    void (*on_members)(void *user, const struct outbox_members *members);
    /* As the database has it. Not renewed: somebody has locked its row; it is still ours. */
    void (*on_renewed)(void *user, const struct outbox_lease *lease, bool is_renewed);
    outbox_done *on_done;
};

/* Shows that this relay lives, where it publishes and whether Kafka answers it, renews the leases
 * it holds, and cuts those that end later than any can. While there is a rival it is no member:
 * nobody leaves shards to it. */
void outbox_store_beat(struct outbox_store *store, const struct outbox_lease *held, size_t count,
                       const struct outbox_self *self, const struct outbox_beat_events *events,
                       void *user);

/* An aggregate that waits for a person, from that event on. */
struct outbox_parked {
    int shard;
    struct aggregate_key key;
    int64_t seq;
};

/* Of the outbox's numbers. */
struct outbox_bounds {
    int64_t floor;      /* from there on all rows are there */
    int64_t lost_below; /* before it somebody has dropped rows by hand; 0: nobody has */
    int64_t next;       /* to be given */
};

struct outbox_claim_events {
    void (*on_granted)(void *user, const struct outbox_lease *lease);
    /* Of every shard it owns: */
    void (*on_sent)(void *user, const struct outbox_sent *sent);
    void (*on_parked)(void *user, const struct outbox_parked *parked);
    /* The smallest seq for which the outbox has a partition, as its floor. */
    void (*on_floor)(void *user, const struct outbox_bounds *bounds);
    outbox_done *on_done;
};

/* Takes up to max shards that nobody holds. takes_own: also those leased to this very name by a
 * process that must be dead, because this one has just begun. */
void outbox_store_claim(struct outbox_store *store, int max, bool takes_own,
                        const struct outbox_claim_events *events, void *user);

/* The same about the shards that are ours already; nothing is changed. */
void outbox_store_look(struct outbox_store *store, const struct outbox_claim_events *events,
                       void *user);

/* Gives shards back. is_leaving: this relay is no longer a member either. */
void outbox_store_release(struct outbox_store *store, const struct outbox_lease *held, size_t count,
                          bool is_leaving, outbox_done *on_done, void *user);

/* --- marks -------------------------------------------------------------------- */

struct outbox_mark_events {
    void (*on_marked)(void *user, int shard);
    outbox_done *on_done;
};

/* Positions and newest rows sent, in one statement; only leases still held count, and rows that
 * somebody has locked are left for the next time. */
void outbox_store_mark(struct outbox_store *store, const struct outbox_lease *marks, size_t count,
                       const struct outbox_sent *sents, size_t sent_count,
                       const struct outbox_mark_events *events, void *user);

/* --- look-ups ------------------------------------------------------------------ */

/* Asks for a row of that shard, aggregate type and seq. */
struct outbox_question {
    int shard;
    const char *aggregate_type;
    int64_t seq;
};

/* answer->exists tells whether there is one. */
typedef void outbox_answer(void *user, const struct tail_mark *answer, const struct error *err);

/* Any number at once. */
void outbox_store_find(struct outbox_store *store, const struct outbox_question *question,
                       outbox_answer *on_answer, void *user);

/* --- what waits --------------------------------------------------- */

/* Rows of one shard, whoever owns it, behind its position. */
struct outbox_waiting {
    int shard;
    int64_t distance;             /* to the newest row, in seq */
    int64_t oldest_age_ms;        /* 0: there is none */
    int64_t position;             /* that these rows are behind */
    struct strview owner;         /* the relay that holds it; empty: none does */
    bool is_missing;              /* it has no row in relay_shard: no relay can hold it */
    struct foreign_holder holder; /* of what the database keeps of it */
};

struct outbox_backlog_events {
    void (*on_shard)(void *user, const struct outbox_waiting *waiting); /* of all there are */
    /* NULL, or why rows may come with numbers behind which a position may be already. */
    void (*on_sequence)(void *user, const struct error *fault);
    /* As on_floor of a claim. */
    void (*on_lost)(void *user, int64_t lost_below);
    void (*on_member)(void *user, const struct foreign_holder *holder); /* of our own row there */
    outbox_done *on_done;
};

/* held: the positions of our own shards, which the database may not have yet. */
void outbox_store_backlog(struct outbox_store *store, const struct outbox_lease *held, size_t count,
                          const struct outbox_backlog_events *events, void *user);

struct outbox_lock_events {
    void (*on_table)(void *user, struct strview table, const struct foreign_holder *holder);
    outbox_done *on_done;
};

/* Who has locked a whole table that relays need. */
void outbox_store_table_locks(struct outbox_store *store, const struct outbox_lock_events *events,
                              void *user);

/* --- the quarantine ------------------------------------------------------------ */

/* The row of a shard behind that seq, of that aggregate type or (NULL) of any: it and all later
 * ones of its aggregate wait for a person. */
struct outbox_poison {
    struct outbox_lease lease; /* of which the position does not count */
    int64_t after;
    const char *aggregate_type;
    const char *why;
};

/* What was put there: the row by its name. */
struct outbox_put {
    struct outbox_parked parked;
    struct strview id;
    struct strview type;
    int64_t version;
};

struct outbox_park_events {
    /* Not where the shard is no longer ours, or somebody has locked its row. */
    void (*on_put)(void *user, const struct outbox_put *put);
    outbox_done *on_done;
};

/* Puts it there and moves the shard's position past it, both or neither. */
void outbox_store_park(struct outbox_store *store, const struct outbox_poison *poison,
                       const struct outbox_park_events *events, void *user);

/* Asks up to which seq those rows next on a way can be neither read nor parked: one, or all that
 * cannot be read together with it. An answer that does not exist: there is none any more. */
struct outbox_block {
    int shard;
    int64_t after;
    const char *aggregate_type; /* NULL: any */
};
void outbox_store_find_block(struct outbox_store *store, const struct outbox_block *block,
                             outbox_answer *on_answer, void *user);

/* What a person has asked for: about an aggregate, or about a shard that stands. */
enum outbox_request_kind {
    OUTBOX_RETRY = 0,
    OUTBOX_SKIP,
    OUTBOX_AFTER_RECORD,
    OUTBOX_REFILL,
    OUTBOX_PAST_SEQ
};

struct outbox_request {
    int64_t id;
    enum outbox_request_kind kind;
    struct outbox_parked about; /* the shard; RETRY, SKIP: the aggregate, and its event; PAST_SEQ:
                                 * up to which one rows are left out */
    struct uuid record;         /* AFTER_RECORD */
    struct strview topic;       /* the same, REFILL; no data: whichever it is */
};

struct outbox_request_events {
    void (*on_request)(void *user,
                       const struct outbox_request *request); /* the oldest of its kind */
    outbox_done *on_done;
};

/* Of the shards that are ours. */
void outbox_store_requests(struct outbox_store *store, const struct outbox_request_events *events,
                           void *user);

/* A step of carrying one out. */
struct outbox_step {
    struct outbox_lease lease; /* the position is how far the shard was read */
    const struct outbox_request *request;
    int64_t published; /* of the aggregate, the newest that was; 0: nothing yet */
};

struct outbox_step_events {
    /* The next event that waits; 0: none does, and the aggregate is free. Not where it was not in
     * the quarantine, or the shard is not ours. lost: of it, or before it, the outbox lacks one,
     * and what to do; data is NULL: it does not. */
    void (*on_next)(void *user, int64_t seq, struct strview lost);
    void (*on_row)(void *user, const struct outbox_row *row);
    outbox_done *on_done;
};

/* Takes what was published out of the quarantine, and tells what comes next. Before the first of a
 * skip the decision is written down. */
void outbox_store_step(struct outbox_store *store, const struct outbox_step *step,
                       const struct outbox_step_events *events, void *user);

/* Reads that row. */
void outbox_store_row(struct outbox_store *store, int shard, int64_t seq,
                      const struct outbox_step_events *events, void *user);

/* What is to be known of a topic of a shard from now on, as a person has decided. */
struct outbox_resumption {
    struct outbox_lease lease; /* of which the position does not count */
    const char *topic;
    struct tail_mark sent;
    int64_t complete_to; /* -1: as it is */
};

struct outbox_resume_events {
    void (*on_resumed)(void *user); /* not where the shard is not ours, or somebody has locked it */
    outbox_done *on_done;
};

void outbox_store_resume(struct outbox_store *store, const struct outbox_resumption *resumption,
                         const struct outbox_resume_events *events, void *user);

/* Says what came of a request. */
void outbox_store_end(struct outbox_store *store, int64_t request, const char *outcome,
                      outbox_done *on_done, void *user);

/* --- reading ------------------------------------------------------------------- */

bool outbox_store_reader_is_free(const struct outbox_store *store, int reader);

struct outbox_range {
    int shard;
    int64_t epoch; /* of the lease: without it in this very database there are no rows */
    int64_t after; /* seq */
    int rows;      /* at most */
};

struct outbox_read_failure {
    struct error err;
    bool is_lost;   /* the connection was; it comes back by itself */
    bool is_damage; /* a row is there and cannot be read, now or later */
};

struct outbox_read_events {
    void (*on_row)(void *user, int reader, const struct outbox_row *row); /* by shard, seq rising */
    /* failure is NULL when there was none. Rows handed out before one are sound. */
    void (*on_done)(void *user, int reader, const struct outbox_read_failure *failure);
};

/* The reader must be free. */
void outbox_store_read(struct outbox_store *store, int index, const struct outbox_range *ranges,
                       size_t count, const struct outbox_read_events *events, void *user);

/* The rows of one aggregate type up to a seq, on a connection of its own: one such at a time. */
void outbox_store_fill(struct outbox_store *store, const struct outbox_range *range,
                       const char *aggregate_type, int64_t upto,
                       const struct outbox_read_events *events, void *user);

#endif
