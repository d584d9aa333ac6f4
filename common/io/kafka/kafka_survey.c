/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/kafka/kafka_survey.h"

#include "common/base/cleanup.h"
#include "common/base/must.h"
#include "common/io/kafka/kafka_handle.h"
#include "common/io/loop.h"

#include <librdkafka/rdkafka.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* A broker answers in the order of the questions, and the one before may be a fetch that waits for
 * something new: half a second each. */
enum { SURVEY_TIMEOUT_MS = 3000, REASON_MAX = 512 };

struct kafka_survey {
    struct kafka_survey_options options;
    int done_fd;
    struct loop_fd *watch;
    pthread_t thread;
    bool is_running;
    bool names_holders;
    int64_t deadline_ms;
    /* Written by the thread before it writes to done_fd, read by the loop after. */
    struct kafka_survey_place *places;
    size_t count;
    struct error err;
};

DEFINE_CLEANUP(rd_kafka_topic_partition_list_t *, rd_kafka_topic_partition_list_destroy)
DEFINE_CLEANUP(rd_kafka_event_t *, rd_kafka_event_destroy)
DEFINE_CLEANUP(rd_kafka_queue_t *, rd_kafka_queue_destroy)

static struct kafka_survey_place *find(const struct kafka_survey *survey, const char *topic,
                                       int32_t partition)
{
    for (size_t i = 0; i < survey->count; i++) {
        struct kafka_survey_place *at = &survey->places[i];
        if (at->partition == partition && strcmp(survey->options.topics[at->topic], topic) == 0) {
            return at;
        }
    }
    return NULL;
}

static int time_left(const struct kafka_survey *survey)
{
    const int64_t left_ms = survey->deadline_ms - loop_now_ms();
    return left_ms > 0 ? (int)left_ms : 0;
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
        grown[survey->count++] =
            (struct kafka_survey_place){.topic = topic, .partition = partition->id, .end = -1};
        if (partition->leader >= 0) {
            rd_kafka_topic_partition_list_add(ends, found->topic, partition->id)->offset =
                RD_KAFKA_OFFSET_END;
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
    const struct rd_kafka_metadata *metadata;
    rd_kafka_topic_t *handle = rd_kafka_topic_new(rk, name, NULL);
    const rd_kafka_resp_err_t code =
        handle == NULL ? rd_kafka_last_error()
                       : rd_kafka_metadata(rk, 0, handle, &metadata, time_left(survey));
    if (handle != NULL) {
        rd_kafka_topic_destroy(handle);
    }
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return kafka_handle_error(&survey->err, code, NULL);
    }
    if (metadata->topic_cnt == 1 && metadata->topics[0].err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        add_topic(survey, topic, &metadata->topics[0], ends);
    }
    rd_kafka_metadata_destroy(metadata);
    return ERROR_NONE;
}

static enum error_kind list_partitions(struct kafka_survey *survey)
{
    CLEANUP(cleanup_rd_kafka_topic_partition_list_destroy)
    rd_kafka_topic_partition_list_t *ends = rd_kafka_topic_partition_list_new(0);
    for (int topic = 0; topic < survey->options.topic_count; topic++) {
        if (list_topic(survey, topic, ends) != ERROR_NONE) {
            return survey->err.kind;
        }
    }
    if (ends->cnt == 0) {
        return ERROR_NONE;
    }
    const rd_kafka_resp_err_t code =
        rd_kafka_offsets_for_times(survey->options.handle->rk, ends, time_left(survey));
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return kafka_handle_error(&survey->err, code, NULL);
    }
    for (int i = 0; i < ends->cnt; i++) {
        const rd_kafka_topic_partition_t *at = &ends->elems[i];
        struct kafka_survey_place *place = find(survey, at->topic, at->partition);
        if (place != NULL && at->err == RD_KAFKA_RESP_ERR_NO_ERROR && at->offset >= 0) {
            place->end = at->offset;
        }
    }
    return ERROR_NONE;
}

/* --- who holds them ----------------------------------------------------------- */

static void note_member(struct kafka_survey *survey, const rd_kafka_MemberDescription_t *member)
{
    const rd_kafka_MemberAssignment_t *assignment = rd_kafka_MemberDescription_assignment(member);
    const rd_kafka_topic_partition_list_t *held =
        assignment == NULL ? NULL : rd_kafka_MemberAssignment_partitions(assignment);
    const char *client = rd_kafka_MemberDescription_client_id(member);
    const char *host = rd_kafka_MemberDescription_host(member);
    for (int i = 0; held != NULL && i < held->cnt; i++) {
        struct kafka_survey_place *place =
            find(survey, held->elems[i].topic, held->elems[i].partition);
        if (place != NULL) {
            (void)snprintf(place->holder, sizeof place->holder, "%s (%s)",
                           client == NULL ? "?" : client, host == NULL ? "?" : host);
        }
    }
}

/* Without the right to look at the group the holders stay unnamed. */
static void name_holders(struct kafka_survey *survey)
{
    rd_kafka_t *rk = survey->options.handle->rk;
    char reason[REASON_MAX];
    const char *groups[] = {survey->options.group_id};
    CLEANUP(cleanup_rd_kafka_queue_destroy) rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);
    rd_kafka_AdminOptions_t *options =
        rd_kafka_AdminOptions_new(rk, RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS);
    (void)rd_kafka_AdminOptions_set_request_timeout(options, time_left(survey) + 1, reason,
                                                    sizeof reason);
    rd_kafka_DescribeConsumerGroups(rk, groups, 1, options, queue);
    rd_kafka_AdminOptions_destroy(options);

    CLEANUP(cleanup_rd_kafka_event_destroy)
    rd_kafka_event_t *event = rd_kafka_queue_poll(queue, time_left(survey));
    const rd_kafka_DescribeConsumerGroups_result_t *result =
        event == NULL ? NULL : rd_kafka_event_DescribeConsumerGroups_result(event);
    size_t count = 0;
    const rd_kafka_ConsumerGroupDescription_t **found =
        result == NULL ? NULL : rd_kafka_DescribeConsumerGroups_result_groups(result, &count);
    if (count != 1 || rd_kafka_ConsumerGroupDescription_error(found[0]) != NULL) {
        return;
    }
    const size_t members = rd_kafka_ConsumerGroupDescription_member_count(found[0]);
    for (size_t i = 0; i < members; i++) {
        note_member(survey, rd_kafka_ConsumerGroupDescription_member(found[0], i));
    }
}

/* --- the thread ----------------------------------------------------------------- */

static void *look(void *argument)
{
    static const uint64_t ONE = 1;
    struct kafka_survey *survey = argument;
    if (list_partitions(survey) == ERROR_NONE && survey->names_holders) {
        name_holders(survey);
    }
    if (write(survey->done_fd, &ONE, sizeof ONE) != (ssize_t)sizeof ONE) {
        abort(); /* an eventfd takes a one at any time */
    }
    return NULL;
}

static void on_looked(void *user, bool readable, bool writable)
{
    struct kafka_survey *survey = user;
    uint64_t count;
    (void)readable;
    (void)writable;
    if (read(survey->done_fd, &count, sizeof count) != (ssize_t)sizeof count) {
        return;
    }
    (void)pthread_join(survey->thread, NULL);
    survey->is_running = false;
    const bool is_told = survey->err.kind == ERROR_NONE;
    survey->options.on_done(survey->options.user, is_told ? survey->places : NULL,
                            is_told ? survey->count : 0, is_told ? NULL : &survey->err);
}

void kafka_survey_begin(struct kafka_survey *survey, bool names_holders)
{
    if (survey->is_running) {
        return;
    }
    free(survey->places);
    survey->places = NULL;
    survey->count = 0;
    survey->err = (struct error){.kind = ERROR_NONE};
    survey->is_running = true;
    survey->names_holders = names_holders;
    survey->deadline_ms = loop_now_ms() + SURVEY_TIMEOUT_MS;
    if (pthread_create(&survey->thread, NULL, look, survey) != 0) {
        abort(); /* as the loop: nothing left to decide */
    }
}

struct kafka_survey *kafka_survey_new(struct loop *loop, const struct kafka_survey_options *options)
{
    struct kafka_survey *survey = must_allocate(1, sizeof *survey);
    survey->options = *options;
    survey->done_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (survey->done_fd < 0) {
        abort();
    }
    survey->watch = loop_fd_new(loop, survey->done_fd, on_looked, survey);
    loop_fd_want(survey->watch, true, false);
    return survey;
}

void kafka_survey_free(struct kafka_survey *survey)
{
    if (survey == NULL) {
        return;
    }
    if (survey->is_running) {
        (void)pthread_join(survey->thread, NULL);
    }
    loop_fd_free(survey->watch);
    (void)close(survey->done_fd);
    free(survey->places);
    free(survey);
}
