/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shard_log.h - the rules by which one shard's log is copied to Kafka.
 *
 * Why this module is alone: every guarantee of the relay is decided here, from
 * values: what may be sent now, what counts as sent already, how far the
 * position moves, when to stop. The shell only carries rows and answers, and does what
 * follows: whatever may change the state (see shard_state.h) returns a set of enum shard_effect.
 *
 * The rules:
 *   - The position moves over an unbroken run of acknowledged rows only.
 *   - A row up to which its topic is known to be complete counts as acknowledged.
 *   - A topic that is not complete up to the position (new, or away for a while) is filled in a
 *     pass of its own; until it has caught up its rows are passed over and left to that pass.
 *   - First record: in a partition where this producer has had no
 *     acknowledgement yet, or none for an hour, one record goes out and the shard's
 *     further rows wait for it. (Otherwise a refused first request lets later ones land without
 *     it.)
 *   - A failed delivery stops the shard until nothing is in flight; then the tails
 *     are compared anew and it goes on after them.
 *   - Nothing is sent on a lease older than allowed.
 *   - A row that Kafka refuses with others in its batch makes the shard go on with one record in
 *     flight, until all that were in flight are through; one that is refused alone is parked.
 *   - What concerns one aggregate (parking it, sending what was parked) is done between two
 *     batches: the shard pauses until nothing is in flight.
 *
 * Ownership: shard_log_init/_done. Time: monotonic milliseconds, handed in. Pure.
 */
#ifndef RELAY_SVC_CORE_SHARD_LOG_H
#define RELAY_SVC_CORE_SHARD_LOG_H

#include "common/base/error.h"
#include "relay-svc/core/shard_state.h"
#include "relay-svc/core/shard_topic.h"
#include "relay-svc/core/tail.h"
#include "relay-svc/core/window.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    SHARD_TOPICS_MAX = 32,
    SHARD_REASON_MAX = ERROR_TEXT_MAX,
    SHARD_PASSES = -1, /* the topic of a row that is not to be sent: it waits for a person */
};

/* The ways to Kafka: as the log goes on, by the fill, and once more out of the quarantine. */
enum shard_way { WAY_LOG = 0, WAY_FILL, WAY_AGAIN };

/* Whether it sends, or what it pauses for: parking an event, freeing an aggregate, resuming a
 * topic. Who has not paused it does not let it go. */
enum shard_pace { SHARD_FLOWS = 0, SHARD_PARKS, SHARD_FREES, SHARD_RESUMES };

/* Where the ways on are written, for what only a person can decide: told with each stop. */
#define SHARD_WAY_OUT "\"How a stop ends\" in relay-svc/README.md"

/*
 * The pass that brings one topic after another to where the shard stands. It has a place and a
 * window of its own: while it works, the position moves on and other topics' rows are sent.
 */
struct shard_fill {
    int topic;          /* -1: none is behind */
    int64_t read;       /* newest seq it has looked at */
    int64_t careful_to; /* up to there one record at a time */
    bool is_awaiting;   /* the first record's acknowledgement */
    bool is_joining;    /* rows are held until it stands where they are read */
    struct window window;
};

/* What forbids to go on: a topic's tail; or (past > 0) rows up to that seq which are gone, or which
 * nobody can publish. Of these topic is the one that was being filled with them; -1: none. */
struct shard_stop {
    int topic; /* -1 without past: it is something else */
    enum tail_verdict verdict;
    struct tail_mark record; /* at the partition's end; may be none */
    int64_t past;
    int64_t ahead[SHARD_TOPICS_MAX]; /* its complete_to, beyond all numbers given; 0: it is not */
    int64_t next;                    /* the number that was given next then */
};

struct shard_log {
    int shard;
    const char *const *topic_names;
    int topic_count;
    enum shard_state state;
    uint16_t run;  /* counts beginnings; answers to an earlier one mean nothing */
    int64_t epoch; /* of the lease */
    int64_t lease_until_ms;
    int64_t floor;                 /* from there on the outbox has all rows */
    int64_t lost_below;            /* somebody has dropped rows before it; 0: nobody has */
    int64_t position;              /* every row up to it is in Kafka, or its topic is behind */
    int64_t marked;                /* of that, what the database holds */
    int64_t read;                  /* newest seq taken from the outbox */
    int awaited;                   /* topic whose first record is awaited; -1: none */
    bool is_cut;                   /* an offset went back: no acknowledgement counts any more */
    char reason[SHARD_REASON_MAX]; /* of STOPPED or FAILED */
    struct shard_stop stop;        /* why STOPPED, where a person may end it */
    enum shard_pace pace;
    bool is_asked;                  /* the database for what waits of an aggregate */
    int64_t careful_to;             /* up to there one record at a time */
    int64_t refused;                /* seq of the row that Kafka refused alone; 0: none */
    char refusal[SHARD_REASON_MAX]; /* its words */
    struct shard_topic topics[SHARD_TOPICS_MAX];
    struct window window;
    struct window again; /* the one record on its way once more */
    struct shard_fill fill;
};

/* What the database says when a lease is granted, or looked at again. */
struct shard_lease {
    int64_t epoch;
    int64_t position;
    int64_t until_ms;   /* by our clock, with the margin taken off */
    int64_t floor;      /* from there on the outbox has all rows; 0: all are there */
    int64_t lost_below; /* before it somebody has dropped rows by hand; 0: nobody has */
    int64_t next;       /* the number that the outbox gives next; 0: not told */
    const struct shard_topic_mark *topics;
};

/* What a mark in the database says, to be confirmed when it is written. */
struct shard_mark {
    int64_t epoch;
    int64_t position;
    struct shard_topic_mark topics[SHARD_TOPICS_MAX];
};

/* What to do with a row just read. */
enum shard_offer {
    OFFER_SEND = 0, /* hand it to the producer, then shard_log_sent() */
    OFFER_SKIP,     /* in Kafka already; taken note of */
    OFFER_HOLD,     /* not now; read it again later */
    OFFER_PARK,     /* Kafka has refused it */
};

struct shard_delivery {
    uint16_t run;
    enum shard_way way; /* whose the ticket is */
    uint32_t ticket;
    int64_t offset; /* -1 when not told */
    bool is_acknowledged;
    bool is_refused;     /* not acknowledged, for what the row is: no later attempt will be */
    const char *failure; /* text, when not acknowledged */
};

/* topic_names are borrowed for the log's life. */
void shard_log_init(struct shard_log *log, int shard, const char *const *topic_names,
                    int topic_count, uint32_t window_rows);
void shard_log_done(struct shard_log *log);

/* --- lease ------------------------------------------------------------------- */
MUST_USE unsigned shard_log_own(struct shard_log *log, const struct shard_lease *lease);
void shard_log_renew(struct shard_log *log, int64_t until_ms);
MUST_USE unsigned shard_log_lose(struct shard_log *log);
MUST_USE unsigned shard_log_leave(struct shard_log *log);
/* STOPPED or quiet for a topic to resume, and nothing in flight: looks once more, perhaps somebody
 * has mended it. Where the database says other things than were written there, a person has
 * decided: they count. */
MUST_USE unsigned shard_log_recheck(struct shard_log *log, const struct shard_lease *lease);

/* --- tails ------------------------------------------------------------------- */
/* Judges one topic; found is the record there. When all are judged the shard runs or stops. */
MUST_USE unsigned shard_log_judge(struct shard_log *log, int topic, enum tail_verdict verdict,
                                  const struct tail_found *found);

/* --- rows -------------------------------------------------------------------- */
/* Rows are offered in seq order; the first held one ends a batch. One of topic SHARD_PASSES is
 * taken note of. */
enum shard_offer shard_log_offer(struct shard_log *log, const struct window_row *row,
                                 int64_t now_ms);
/* The producer took the row that was just offered. Returns its ticket. */
uint32_t shard_log_sent(struct shard_log *log, const struct window_row *row, int64_t now_ms);
/* Sets the row's topic, or -1 when the answer is to something given up since. */
MUST_USE unsigned shard_log_delivered(struct shard_log *log, const struct shard_delivery *delivery,
                                      int64_t now_ms, int *ret_topic);
/* The producer refused the row that was just offered: as a delivery that failed at once. */
MUST_USE unsigned shard_log_refused(struct shard_log *log, const char *failure);
/* Somebody has dropped rows before that seq by hand: stops what would pass over them. */
MUST_USE unsigned shard_log_note_lost(struct shard_log *log, int64_t lost_below);
/* Running; rows up to that seq, next on that way, can be neither read nor parked. what, and why,
 * for a person. */
MUST_USE unsigned shard_log_stop_at(struct shard_log *log, enum shard_way way, int64_t past,
                                    const char *what, const char *why);
/* A person leaves out what it has stopped for (stop.past > 0), and nothing is in flight: from now
 * on that counts as published. Still stopped, until it looks again. */
void shard_log_leave_out(struct shard_log *log);
/* Something only a person can mend, e.g. a row for which there is no topic. A shard that is not
 * ours, or is leaving, has nothing to stop. */
MUST_USE unsigned shard_log_stop(struct shard_log *log, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* --- the fill ---------------------------------------------------------------- */
/* The rows of one topic to read next: after < seq <= upto, upto - after <= step at most. */
struct shard_fill_range {
    int topic;
    int64_t after;
    int64_t upto;
};
/* False when none are wanted (now). */
bool shard_log_fill_wants(const struct shard_log *log, int64_t step, int64_t now_ms,
                          struct shard_fill_range *ret_range);
/* As for the other rows; SEND or HOLD. */
enum shard_offer shard_log_fill_offer(struct shard_log *log, const struct window_row *row,
                                      int64_t now_ms);
uint32_t shard_log_fill_sent(struct shard_log *log, const struct window_row *row, int64_t now_ms);
/* Every row of that topic's range was offered, and sent or passed over. The last of them may have
 * ended that topic's fill, and the next one's begun: of it this says nothing. */
void shard_log_fill_read(struct shard_log *log, int topic, int64_t upto);

/* --- between two batches ------------------------------------------------------------ */
/* Nothing more is sent by log and fill. Of a shard that runs and flows; a beginning anew ends it.
 */
void shard_log_pause(struct shard_log *log, enum shard_pace pace);
/* It pauses for that, and nothing is in flight. */
bool shard_log_is_quiet(const struct shard_log *log, enum shard_pace pace);
/* Nothing where it does not pause for that. */
MUST_USE unsigned shard_log_go_on(struct shard_log *log, enum shard_pace pace);
/* Whether the database is being asked for what waits of an aggregate, up to where the log was read:
 * until it has told, nothing behind is passed over, also where the shard begins anew meanwhile. */
void shard_log_note_asked(struct shard_log *log, bool is_asked);
/* The database has put the row that comes next on that way into the quarantine: it is passed over.
 * Quiet. */
void shard_log_parked(struct shard_log *log, enum shard_way way, int64_t seq);
/* A row the log has passed may be sent once more now: quiet, on a good lease, to a topic that lacks
 * nothing before it. */
bool shard_log_may_send_again(const struct shard_log *log, int topic, int64_t now_ms);
uint32_t shard_log_sent_again(struct shard_log *log, const struct window_row *row);

/* --- the rest ------------------------------------------------------------------ */
/* The producer is gone, with whatever was in flight. */
MUST_USE unsigned shard_log_producer_lost(struct shard_log *log);

bool shard_log_is_owned(const struct shard_log *log);
/* The ticket that the next row sent will get. */
uint32_t shard_log_next_ticket(const struct shard_log *log, enum shard_way way);
/* Rows sent and not answered yet, and what they take up. */
uint32_t shard_log_in_flight(const struct shard_log *log);
size_t shard_log_bytes(const struct shard_log *log);
/* How many more rows its window takes. */
uint32_t shard_log_room(const struct shard_log *log);
/* May rows be read for it? */
bool shard_log_wants_rows(const struct shard_log *log, int64_t now_ms);
/* Is there something to mark? */
bool shard_log_is_dirty(const struct shard_log *log);
void shard_log_mark(const struct shard_log *log, struct shard_mark *ret_mark);
void shard_log_marked(struct shard_log *log, const struct shard_mark *mark);
/* Up to where a topic is complete, as far as is known. */
int64_t shard_log_complete_to(const struct shard_log *log, int topic);

#endif
