/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/kafka/kafka_survey.h"

#include "common/base/cleanup.h"
#include "common/base/must.h"
#include "common/io/kafka/kafka_group_wire.h"
#include "common/io/kafka/kafka_handle.h"
#include "common/io/worker.h"

#include <assert.h>
#include <librdkafka/rdkafka.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* For each question. A broker answers in the order they came, and the one before may be a fetch
 * that waits half a second for something new: a limit for all of them is used up by many topics. */
enum { QUESTION_TIMEOUT_MS = 3000 };

struct kafka_survey {
    struct kafka_survey_options options;
    struct worker *worker;
    enum kafka_survey_wish wish;
    atomic_bool is_ending; /* no further question */
    /* Written by the thread, read by the loop when it has ended. */
    struct kafka_survey_place *places;
    size_t count;
    struct error err;
};

DEFINE_CLEANUP(rd_kafka_topic_partition_list_t *, rd_kafka_topic_partition_list_destroy)

static struct kafka_survey_place *find(const struct kafka_survey *survey, struct strview topic,
                                       int32_t partition)
{
    for (size_t i = 0; i < survey->count; i++) {
        struct kafka_survey_place *at = &survey->places[i];
        if (at->partition == partition && strview_is(topic, survey->options.topics[at->topic])) {
            return at;
        }
    }
    return NULL;
}

static int patience_ms(const struct kafka_survey *survey)
{
    return survey->is_ending ? 0 : QUESTION_TIMEOUT_MS;
}

/* --- which there are ---------------------------------------------------------- */

/* Without a leader nobody can tell a partition's end; asked, it would keep the others waiting. */
static void add_topic(struct kafka_survey *survey, int topic,
                      const struct rd_kafka_metadata_topic *found,
                      rd_kafka_topic_partition_list_t *ends)
{
    const size_t total = survey->count + (size_t)found->partition_cnt;
    struct kafka_survey_place *grown = must_allocate(total + 1, sizeof *grown);
    if (survey->count > 0) {
        memcpy(grown, survey->places, survey->count * sizeof *grown);
    }
    for (int i = 0; i < found->partition_cnt; i++) {
        const struct rd_kafka_metadata_partition *partition = &found->partitions[i];
        grown[survey->count++] = (struct kafka_survey_place){
            .topic = topic, .partition = partition->id, .end = -1, .first = -1};
        if (partition->leader >= 0) {
            (void)rd_kafka_topic_partition_list_add(ends, found->topic, partition->id);
        }
    }
    free(survey->places);
    survey->places = grown;
}

/* By its name: asked for "all that are known", a topic that was deleted would be made anew. */
static enum error_kind list_topic(struct kafka_survey *survey, int topic,
                                  rd_kafka_topic_partition_list_t *ends)
{
    rd_kafka_t *rk = survey->options.handle->rk;
    const char *name = survey->options.topics[topic];
    const struct rd_kafka_metadata *metadata = NULL;
    rd_kafka_topic_t *handle = rd_kafka_topic_new(rk, name, NULL);
    const rd_kafka_resp_err_t code =
        handle == NULL ? rd_kafka_last_error()
                       : rd_kafka_metadata(rk, 0, handle, &metadata, patience_ms(survey));
    if (handle != NULL) {
        rd_kafka_topic_destroy(handle);
    }
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return kafka_handle_error(&survey->err, code, NULL);
    }
    assert(metadata != NULL);
    if (metadata->topic_cnt == 1 && metadata->topics[0].err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        add_topic(survey, topic, &metadata->topics[0], ends);
    }
    rd_kafka_metadata_destroy(metadata);
    return ERROR_NONE;
}

static void take_offset(struct kafka_survey_place *place, int64_t question, int64_t offset)
{
    if (question == RD_KAFKA_OFFSET_END) {
        place->end = offset;
    } else {
        place->first = offset;
    }
}

/* question: RD_KAFKA_OFFSET_END or RD_KAFKA_OFFSET_BEGINNING. */
static enum error_kind ask_offsets(struct kafka_survey *survey,
                                   rd_kafka_topic_partition_list_t *list, int64_t question)
{
    for (int i = 0; i < list->cnt; i++) {
        list->elems[i].offset = question;
    }
    const rd_kafka_resp_err_t code =
        rd_kafka_offsets_for_times(survey->options.handle->rk, list, patience_ms(survey));
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return kafka_handle_error(&survey->err, code, NULL);
    }
    for (int i = 0; i < list->cnt; i++) {
        const rd_kafka_topic_partition_t *at = &list->elems[i];
        struct kafka_survey_place *place = find(survey, strview_of(at->topic), at->partition);
        if (place != NULL && at->err == RD_KAFKA_RESP_ERR_NO_ERROR && at->offset >= 0) {
            take_offset(place, question, at->offset);
        }
    }
    return ERROR_NONE;
}

static enum error_kind list_partitions(struct kafka_survey *survey)
{
    CLEANUP(cleanup_rd_kafka_topic_partition_list_destroy)
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(0);
    for (int topic = 0; topic < survey->options.topic_count; topic++) {
        if (list_topic(survey, topic, list) != ERROR_NONE) {
            return survey->err.kind;
        }
    }
    if (list->cnt == 0) {
        return ERROR_NONE;
    }
    const enum error_kind kind = ask_offsets(survey, list, RD_KAFKA_OFFSET_END);
    return kind == ERROR_NONE && survey->wish == KAFKA_SURVEY_FIRSTS
               ? ask_offsets(survey, list, RD_KAFKA_OFFSET_BEGINNING)
               : kind;
}

/* --- who holds them ----------------------------------------------------------- */

struct naming {
    struct kafka_survey *survey;
    const struct rd_kafka_group_member_info *member;
};

static void on_held(void *user, struct strview topic, int32_t partition)
{
    const struct naming *naming = user;
    struct kafka_survey_place *place = find(naming->survey, topic, partition);
    if (place != NULL) {
        (void)snprintf(place->holder, sizeof place->holder, "%s (%s)", naming->member->client_id,
                       naming->member->client_host);
    }
}

static void note_member(struct kafka_survey *survey,
                        const struct rd_kafka_group_member_info *member)
{
    struct naming naming = {.survey = survey, .member = member};
    const int size = member->member_assignment_size;
    const struct strview bytes = {member->member_assignment, size > 0 ? (size_t)size : 0};
    kafka_group_wire_read(bytes, on_held, &naming);
}

/*
 * Without the right to look at the group the holders stay unnamed. Not by DescribeConsumerGroups:
 * where a coordinator goes away in the middle of it, librdkafka 2.0.2 ends the process.
 */
static void name_holders(struct kafka_survey *survey)
{
    const struct rd_kafka_group_list *groups = NULL;
    const rd_kafka_resp_err_t code = rd_kafka_list_groups(
        survey->options.handle->rk, survey->options.group_id, &groups, patience_ms(survey));
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR && code != RD_KAFKA_RESP_ERR__PARTIAL) {
        return;
    }
    for (int i = 0; i < groups->group_cnt; i++) {
        for (int n = 0; n < groups->groups[i].member_cnt; n++) {
            note_member(survey, &groups->groups[i].members[n]);
        }
    }
    rd_kafka_group_list_destroy(groups);
}

/* --- the thread ----------------------------------------------------------------- */

static void look(void *argument)
{
    struct kafka_survey *survey = argument;
    if (list_partitions(survey) == ERROR_NONE && survey->wish == KAFKA_SURVEY_HOLDERS) {
        name_holders(survey);
    }
}

static void on_looked(void *user)
{
    struct kafka_survey *survey = user;
    const bool is_told = survey->err.kind == ERROR_NONE;
    survey->options.on_done(survey->options.user, is_told ? survey->places : NULL,
                            is_told ? survey->count : 0, is_told ? NULL : &survey->err);
}

void kafka_survey_begin(struct kafka_survey *survey, enum kafka_survey_wish wish)
{
    if (worker_is_running(survey->worker)) {
        return;
    }
    free(survey->places);
    survey->places = NULL;
    survey->count = 0;
    survey->err = (struct error){.kind = ERROR_NONE};
    survey->wish = wish;
    worker_start(survey->worker);
}

struct kafka_survey *kafka_survey_new(struct loop *loop, const struct kafka_survey_options *options)
{
    struct kafka_survey *survey = must_allocate(1, sizeof *survey);
    survey->options = *options;
    survey->worker = worker_new(loop, look, on_looked, survey);
    return survey;
}

void kafka_survey_free(struct kafka_survey *survey)
{
    if (survey == NULL) {
        return;
    }
    survey->is_ending = true;
    worker_free(survey->worker);
    free(survey->places);
    free(survey);
}
