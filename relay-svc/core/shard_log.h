/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shard_log.h - the rules by which one shard's log is copied to Kafka.
 *
 * Why this module is alone: every guarantee of the relay is decided here, from
 * values: what may be sent now, what counts as sent already, how far the
 * position moves, when to stop. The shell only carries rows and answers.
 *
 *     UNOWNED --own--> CHECKING --every tail judged--> RUNNING
 *     CHECKING --a tail that forbids it--> STOPPED
 *     RUNNING --failed delivery--> FAILED --nothing in flight--> CHECKING
 *     RUNNING --stop(reason)--> STOPPED --recheck, nothing in flight--> CHECKING
 *     any --producer lost--> CHECKING       any --lose--> UNOWNED
 *     any --leave--> LEAVING (sends no more; released when nothing is in flight)
 *
 * The rules:
 *   - The position moves over an unbroken run of acknowledged rows only.
 *   - A row at or below its topic's newest row known sent counts as acknowledged.
 *   - First record: in a partition where this producer has had no
 *     acknowledgement yet, or none for an hour, one record goes out and the shard's
 *     further rows wait for it. (Otherwise a refused first request lets later ones land without
 *     it.)
 *   - A failed delivery stops the shard until nothing is in flight; then the tails
 *     are compared anew and it goes on after them.
 *   - Nothing is sent on a lease older than allowed.
 *
 * Ownership: shard_log_init/_done. Time: monotonic milliseconds, handed in. Pure.
 */
#ifndef RELAY_SVC_CORE_SHARD_LOG_H
#define RELAY_SVC_CORE_SHARD_LOG_H

#include "common/base/error.h"
#include "relay-svc/core/tail.h"
#include "relay-svc/core/window.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    SHARD_TOPICS_MAX = 32,
    SHARD_REASON_MAX = ERROR_TEXT_MAX,
    SHARD_SILENCE_MS = 3600 * 1000, /* after it the first-record rule holds again */
};

/* Behind what only a person can decide: each stop says where the ways on are written. */
#define SHARD_WAY_OUT "see \"How a stop ends\" in relay-svc/README.md"

enum shard_state {
    SHARD_UNOWNED = 0,
    SHARD_CHECKING, /* its partitions' tails are being read and judged */
    SHARD_RUNNING,
    SHARD_FAILED,  /* a delivery failed: waits until nothing is in flight */
    SHARD_LEAVING, /* to be released */
    SHARD_STOPPED, /* a person must act; see reason */
    SHARD_STATE_COUNT
};

struct shard_topic {
    struct tail_known known;
    int64_t marked_seq;      /* of known.sent, what the database holds; 0 when nothing */
    int64_t acknowledged_ms; /* last acknowledgement to this producer; -1: none */
    uint32_t in_flight;
    bool is_judged; /* in CHECKING */
};

struct shard_log {
    int shard;
    const char *const *topic_names;
    int topic_count;
    enum shard_state state;
    uint16_t run;  /* counts beginnings; answers to an earlier one mean nothing */
    int64_t epoch; /* of the lease */
    int64_t lease_until_ms;
    int64_t position;              /* every row up to it is known to be in Kafka */
    int64_t marked;                /* of that, what the database holds */
    int64_t read;                  /* newest seq taken from the outbox */
    int awaited;                   /* topic whose first record is awaited; -1: none */
    char reason[SHARD_REASON_MAX]; /* of STOPPED or FAILED */
    struct shard_topic topics[SHARD_TOPICS_MAX];
    struct window window;
};

/* What the database says when a lease is granted. */
struct shard_lease {
    int64_t epoch;
    int64_t position;
    int64_t until_ms;             /* by our clock, with the margin taken off */
    const struct tail_mark *sent; /* one per topic */
};

/* What a mark in the database says, to be confirmed when it is written. */
struct shard_mark {
    int64_t epoch;
    int64_t position;
    int64_t sent_seq[SHARD_TOPICS_MAX]; /* 0: nothing yet */
};

/* What to do with a row just read. */
enum shard_offer {
    OFFER_SEND = 0, /* hand it to the producer, then shard_log_sent() */
    OFFER_SKIP,     /* in Kafka already; taken note of */
    OFFER_HOLD,     /* not now; read it again later */
};

struct shard_delivery {
    uint16_t run;
    uint32_t ticket;
    int64_t offset; /* -1 when not told */
    bool is_acknowledged;
    const char *failure; /* text, when not acknowledged */
};

/* topic_names are borrowed for the log's life. */
MUST_USE enum error_kind shard_log_init(struct shard_log *log, int shard,
                                        const char *const *topic_names, int topic_count,
                                        uint32_t window_rows, struct error *err);
void shard_log_done(struct shard_log *log);

/* --- lease ------------------------------------------------------------------- */
void shard_log_own(struct shard_log *log, const struct shard_lease *lease);
void shard_log_renew(struct shard_log *log, int64_t until_ms);
void shard_log_lose(struct shard_log *log);
void shard_log_leave(struct shard_log *log);

/* --- tails ------------------------------------------------------------------- */
/* Judges one topic; found is the record there. When all are judged the shard runs or stops. */
void shard_log_judge(struct shard_log *log, int topic, enum tail_verdict verdict,
                     const struct tail_found *found);

/* --- rows -------------------------------------------------------------------- */
/* Rows are offered in seq order; the first held one ends a batch. */
enum shard_offer shard_log_offer(struct shard_log *log, const struct window_row *row,
                                 int64_t now_ms);
/* The producer took the row that was just offered. Returns its ticket. */
uint32_t shard_log_sent(struct shard_log *log, const struct window_row *row, int64_t now_ms);
/* Returns the row's topic, or -1 when the answer is to something given up since. */
int shard_log_delivered(struct shard_log *log, const struct shard_delivery *delivery,
                        int64_t now_ms);
/* The producer refused the row that was just offered: as a delivery that failed at once. */
void shard_log_refused(struct shard_log *log, const char *failure);
/* Something only a person can mend, e.g. a row for which there is no topic. */
void shard_log_stop(struct shard_log *log, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* --- the rest ------------------------------------------------------------------ */
/* The producer is gone, with whatever was in flight. */
void shard_log_producer_lost(struct shard_log *log);
/* STOPPED: look at the tails once more, perhaps somebody has mended it. */
void shard_log_recheck(struct shard_log *log);

bool shard_log_is_owned(const struct shard_log *log);
/* The ticket that the next row sent will get. */
uint32_t shard_log_next_ticket(const struct shard_log *log);
/* How many more rows its window takes. */
uint32_t shard_log_room(const struct shard_log *log);
/* May rows be read for it? */
bool shard_log_wants_rows(const struct shard_log *log, int64_t now_ms);
/* Is there something to mark? */
bool shard_log_is_dirty(const struct shard_log *log);
void shard_log_mark(const struct shard_log *log, struct shard_mark *ret_mark);
void shard_log_marked(struct shard_log *log, const struct shard_mark *mark);
const char *shard_state_name(enum shard_state state);

#endif
