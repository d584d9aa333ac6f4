/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kafka_survey.h - a group's topics as the brokers have them: which partitions there are, where
 * each ends, and which member of the group holds it.
 *
 * Why besides the consumer's own view: a member knows its own partitions only. What another holds
 * that does not do our work, or nobody, is seen by comparing with all that there are.
 *
 * Why a thread: librdkafka answers the first two only to blocking calls. It lives for one survey,
 * uses the consumer's instance and its connections, and waits three seconds for each answer at
 * most: the first that does not come ends it.
 *
 * Its functions are for common/io/kafka/kafka_*.c alone. Threads: the caller's is the loop's, and
 * so is on_done's.
 */
#ifndef COMMON_IO_KAFKA_KAFKA_SURVEY_H
#define COMMON_IO_KAFKA_KAFKA_SURVEY_H

#include "common/base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kafka_handle;
struct kafka_survey;
struct loop;

/* A partition as a survey finds it. */
struct kafka_survey_place {
    int topic; /* index into the options' topics */
    int32_t partition;
    int64_t end;      /* of the next record there will be; -1: nobody tells */
    int64_t first;    /* of the oldest record there is; -1: not asked, or nobody tells */
    char holder[128]; /* the group's member: its client id (its host); empty: none, or not told */
};

enum kafka_survey_wish { KAFKA_SURVEY_ENDS = 0, KAFKA_SURVEY_HOLDERS, KAFKA_SURVEY_FIRSTS };

/* places live during the call; err is NULL unless Kafka did not answer. */
typedef void kafka_survey_fn(void *user, const struct kafka_survey_place *places, size_t count,
                             const struct error *err);

struct kafka_survey_options {
    const struct kafka_handle *handle; /* outlives the survey */
    const char *group_id;              /* these too */
    char *const *topics;
    int topic_count;
    kafka_survey_fn *on_done;
    void *user;
};

struct kafka_survey *kafka_survey_new(struct loop *loop,
                                      const struct kafka_survey_options *options);

/* Waits for the thread: for the answer that it waits for, three seconds. Accepts NULL. */
void kafka_survey_free(struct kafka_survey *survey);

/* Nothing while one is on its way. */
void kafka_survey_begin(struct kafka_survey *survey, enum kafka_survey_wish wish);

#endif
