/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kafka_consumer.h - reads topics on the loop, at positions the caller gives.
 *
 * Why positions come from the caller: whoever applies the records keeps its
 * position beside what it applied. Offsets are committed to Kafka for lag tools
 * and to tell how far one once was; nothing is stored or committed by itself.
 *
 * Three ways to get partitions:
 *   member of a group (group_id set): kafka_consumer_new() subscribes; on_assigned
 *     names the partitions, and nothing flows until kafka_consumer_assign() says
 *     where each begins; on_revoked asks for all of them back (eager protocol), and
 *     the others in the group wait until kafka_consumer_unassign(). Either may
 *     be called inside the callback or later.
 *   chosen by the caller (group_id set, chooses_itself): it joins nothing; kafka_consumer_survey()
 *     names what there is, and kafka_consumer_assign() says what is read, and from where.
 *   alone (no group_id): kafka_consumer_start() and kafka_consumer_stop(), each
 *     partition by itself.
 *
 * Records come in batches and belong to the caller from then on: each is given back with
 * kafka_record_done(), in any order, before kafka_consumer_free(). A record keeps
 * the fetched block it lies in alive.
 *
 * Back-pressure: kafka_consumer_pause() a partition. What was fetched and not yet
 * handed out is thrown away and fetched again after kafka_consumer_resume(), so pause seldom
 * and at a high mark. Records already handed out are not affected, and none is
 * skipped or repeated.
 *
 * Threads: the loop's; librdkafka's own threads only write to a descriptor the
 * loop watches. Callbacks may call everything here but kafka_consumer_free().
 */
#ifndef COMMON_IO_KAFKA_KAFKA_CONSUMER_H
#define COMMON_IO_KAFKA_KAFKA_CONSUMER_H

#include "common/base/error.h"
#include "common/base/strview.h"
#include "common/io/kafka/kafka_config.h"
#include "common/io/kafka/kafka_survey.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kafka_consumer;
struct loop;

/* Instead of an offset, where one says where to begin. */
#define KAFKA_OFFSET_BEGINNING ((int64_t)-2)
#define KAFKA_OFFSET_END       ((int64_t)-1)

/* n records before the end (n > 0), or the beginning when there are fewer. */
int64_t kafka_offset_tail(int64_t n);

struct kafka_position {
    int topic; /* index into the options' topics */
    int32_t partition;
    int64_t offset; /* of the next record to read; unused where only the partition is meant */
};

struct kafka_record {
    int topic; /* index into the options' topics */
    int32_t partition;
    int64_t offset;
    int64_t timestamp_ms; /* given by its producer, or -1 */
    struct strview key;   /* data is NULL for a record without one */
    struct strview value; /* data is NULL for a tombstone */
    void *message;        /* the adapter's own */
};

struct kafka_consumer_callbacks {
    /* At most max_batch records, in offset order within a partition; theirs to give back. */
    void (*on_records)(void *user, struct kafka_record *records, size_t count);
    /* All that was fetched has been handed out. May be NULL. */
    void (*on_drained)(void *user);
    /* The end was reached: offset is that of the next record there will be. Again after each
     * further record at the end. May be NULL. */
    void (*on_end)(void *user, const struct kafka_position *end);
    /* Group members: begin each with kafka_consumer_assign(). count may be 0. */
    void (*on_assigned)(void *user, const struct kafka_position *partitions, size_t count);
    /* Group members: finish what is in flight, then kafka_consumer_unassign(). is_lost: the group
     * has given them away already. */
    void (*on_revoked)(void *user, const struct kafka_position *partitions, size_t count,
                       bool is_lost);
    /* One partition cannot be read on: ERROR_NOT_FOUND when its position is outside the log (or
     * the partition does not exist), else ERROR_TRANSIENT, and reading goes on by itself. NOT_FOUND
     * may be of the assignment before and come behind the next one; where->offset tells. Whether
     * the partition stands all the same nobody knows, so none is kept back: assign again. */
    void (*on_partition_error)(void *user, const struct kafka_position *where,
                               const struct error *err);
    /* Brokers away, authentication: TRANSIENT, it goes on by itself. NOT_FOUND: one of the topics
     * is missing, again and again while it is; a consumer that is alone learns it only here (as
     * librdkafka tells the topic only in words). FATAL: make a new consumer. May be NULL. */
    void (*on_error)(void *user, const struct error *err);
    /* Asked for by kafka_consumer_ask_committed(); those without a commit are not among them. May
     * be NULL. */
    void (*on_committed)(void *user, const struct kafka_position *positions, size_t count);
    /* Asked for by kafka_consumer_survey(). May be NULL where that is not called. */
    kafka_survey_fn *on_surveyed;
    /* After kafka_consumer_close(), never from inside it. */
    void (*on_closed)(void *user);
};

struct kafka_consumer_options {
    struct kafka_config config;
    const char *group_id;      /* NULL: alone */
    bool chooses_itself;       /* with a group's name, for the survey, but no member of it */
    const char *const *topics; /* copied */
    int topic_count;
    size_t max_batch;       /* 0: 500 */
    int fetch_wait_ms;      /* 0: 500; how long a broker may hold an answer with nothing new */
    int missing_after_ms;   /* 0: 30000; how long a topic may be unknown before that is an error */
    bool starts_over;       /* a position outside the log goes on at its beginning */
    bool reads_uncommitted; /* also records of open and aborted transactions */
    const struct kafka_consumer_callbacks *events; /* static storage */
    void *user;
};

/* Starts connecting; fails only on bad properties or exhausted memory (ERROR_FATAL). */
MUST_USE enum error_kind kafka_consumer_new(struct loop *loop,
                                            const struct kafka_consumer_options *options,
                                            struct kafka_consumer **ret_consumer,
                                            struct error *err);

/* Begins to leave the group: on_revoked (if anything is assigned), then, after
 * kafka_consumer_unassign(), on_closed. A consumer that is alone closes at once. */
void kafka_consumer_close(struct kafka_consumer *consumer);

/* Without kafka_consumer_close() the group waits for the session timeout. Accepts NULL. Takes a
 * few ms; waits for no broker, but three seconds at most for a survey that is on its way. All
 * records must have been given back. */
void kafka_consumer_free(struct kafka_consumer *consumer);

/* --- group members ----------------------------------------------------------- */

/*
 * The whole assignment, each with the offset to begin at; what was fetched before is dropped. Again
 * at any time to go on elsewhere: the whole, because a partition that stands after an error (its
 * position was outside the log) takes no seek. None of them is paused afterwards: librdkafka keeps
 * a pause over revoke and assign, so it is set here, not assumed.
 */
MUST_USE enum error_kind kafka_consumer_assign(struct kafka_consumer *consumer,
                                               const struct kafka_position *positions, size_t count,
                                               struct error *err);
void kafka_consumer_unassign(struct kafka_consumer *consumer);

/* Gives the partitions back (on_revoked follows, if there are any) and stays outside the group
 * until kafka_consumer_join(). A new consumer has joined. */
MUST_USE enum error_kind kafka_consumer_leave(struct kafka_consumer *consumer, struct error *err);
MUST_USE enum error_kind kafka_consumer_join(struct kafka_consumer *consumer, struct error *err);

/* What the group has committed: on_committed follows, or nothing when Kafka does not say. */
void kafka_consumer_ask_committed(struct kafka_consumer *consumer,
                                  const struct kafka_position *partitions, size_t count);

/* Tells Kafka, for lag tools; not awaited, failures are ignored. */
void kafka_consumer_commit(struct kafka_consumer *consumer, const struct kafka_position *positions,
                           size_t count);

/* --- alone --------------------------------------------------------------------- */

MUST_USE enum error_kind kafka_consumer_start(struct kafka_consumer *consumer,
                                              const struct kafka_position *position,
                                              struct error *err);
/* Nothing of that partition is handed out afterwards. */
void kafka_consumer_stop(struct kafka_consumer *consumer, int topic, int32_t partition);

/* --- both ---------------------------------------------------------------------- */

void kafka_consumer_pause(struct kafka_consumer *consumer, int topic, int32_t partition);
void kafka_consumer_resume(struct kafka_consumer *consumer, int topic, int32_t partition);

/* The offset after the newest record, as the last fetch saw it; -1 when not known yet. From memory.
 */
int64_t kafka_consumer_end_offset(struct kafka_consumer *consumer, int topic, int32_t partition);

/* The offset of the oldest record still there, as the last fetch saw it; -1 when not known yet. */
int64_t kafka_consumer_first_offset(struct kafka_consumer *consumer, int topic, int32_t partition);

/* All partitions of the topics and their ends as Kafka has them, and what is wished besides,
 * holders by a group's member only (librdkafka 2.0 must not ask a broker for those that cannot
 * tell): on_surveyed, which must be set, follows, within three seconds for each question. Nothing
 * while one is on its way. */
void kafka_consumer_survey(struct kafka_consumer *consumer, enum kafka_survey_wish wish);

/* Whether brokers answer; otherwise the reason. From memory. */
MUST_USE enum error_kind kafka_consumer_state(const struct kafka_consumer *consumer,
                                              struct error *err);

/* The last value under that name; data is NULL when there is none. */
struct strview kafka_record_header(const struct kafka_record *record, const char *name);

/* Names and values of all headers. librdkafka reads headers when they are asked for, and keeps more
 * of them than it had before: what is asked for here is forgotten again, and so is every view that
 * was given of this record's headers. */
size_t kafka_record_header_bytes(const struct kafka_record *record);

void kafka_record_done(struct kafka_record *record);

#endif
