/* SPDX-License-Identifier: Apache-2.0 */
/* Every partition with its shard's rows: a portion of records, then the rows up to its last. */
#include "common/base/cleanup.h"
#include "common/base/must.h"
#include "common/base/parse.h"
#include "common/io/digest.h"
#include "projector-svc/core/log_match.h"
#include "projector-svc/core/portions.h"
#include "projector-svc/verify/verify_internal.h"
#include "projector-svc/verify/verify_sql.h"
#include "projector-svc/views/incoming.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { WHAT_MAX = 480 };

/* One partition. */
struct log_reading {
    struct verify *verify;
    struct digest *digest;
    enum aggregate_type type;
    int shard;
    struct log_portion portion;
    struct log_entry *records; /* LOG_KEPT_MAX, of which the portion has some */
    size_t at;                 /* the first that is not matched yet */
    int64_t compared_to;       /* seq */
    struct log_missing missing;
    struct log_entry row; /* the last that was asked for alone */
    bool has_row;
};

/* --- what differs */

static void tell(const struct log_reading *reading, enum verdict verdict,
                 const struct log_entry *entry, const char *what)
{
    struct verify *verify = reading->verify;
    const bool is_behind = verify->shards[reading->shard].is_behind;
    verify_found(verify, &(struct verify_finding){.verdict = is_behind && verdict == VERDICT_LOST
                                                                 ? VERDICT_IN_FLIGHT
                                                                 : verdict,
                                                  .station = VERIFY_KAFKA,
                                                  .type = reading->type,
                                                  .id = entry->aggregate,
                                                  .version = entry->version,
                                                  .what = what});
}

static void compare(const struct log_reading *reading, const struct log_entry *row,
                    const struct log_entry *record)
{
    enum verdict verdict;
    char what[WHAT_MAX];
    if (!log_match_differs(row, record, &verdict)) {
        return;
    }
    (void)snprintf(what, sizeof what,
                   verdict == VERDICT_FORKED ? "%s/%d offset %" PRId64
                                               " has event %s, the outbox %s"
                                             : "%s/%d offset %" PRId64
                                               ": key, version, type or payload of event %s differ",
                   reading->verify->topics[reading->type], reading->shard, record->offset,
                   record->id, row->id);
    tell(reading, verdict, record, what);
}

static void lack(struct log_reading *reading, const struct log_entry *row)
{
    if (row->waits) {
        tell(reading, VERDICT_STALE, row, "in quarantine; see relay-svc quarantine list");
    } else {
        log_missing_add(&reading->missing, row);
    }
}

/* --- a record out of its place: the outbox is asked for its number */

static void read_row(const struct pgsession *session, struct log_entry *ret)
{
    *ret = (struct log_entry){.seq = pgsession_value_i64(session, LOG_SEQ),
                              .version = pgsession_value_i64(session, LOG_VERSION),
                              .waits = strview_is(pgsession_value(session, LOG_WAITS), "t")};
    (void)snprintf(ret->id, sizeof ret->id, "%.*s", STRVIEW_ARG(pgsession_value(session, LOG_ID)));
    (void)snprintf(ret->aggregate, sizeof ret->aggregate, "%.*s",
                   STRVIEW_ARG(pgsession_value(session, LOG_AGGREGATE)));
    (void)!parse_hex(pgsession_value(session, LOG_DIGEST), ret->digest, sizeof ret->digest);
}

static void on_single_row(void *user, const struct pgsession *session)
{
    struct log_reading *reading = user;
    read_row(session, &reading->row);
    reading->has_row = true;
}

static enum error_kind ask_rows(struct log_reading *reading, const char *sql, int64_t from,
                                int64_t to,
                                void (*on_row)(void *user, const struct pgsession *session),
                                struct error *err)
{
    const char *const params[] = {NUMBER_TEXT(reading->shard), aggregate_name(reading->type),
                                  NUMBER_TEXT(from), NUMBER_TEXT(to)};
    return verify_each(reading->verify, sql, params, to == 0 ? 3 : 4, on_row, reading, err);
}

static enum error_kind judge_stray(struct log_reading *reading, const struct log_entry *record,
                                   struct error *err)
{
    struct log_entry row;
    char what[WHAT_MAX];
    if (log_missing_take(&reading->missing, record->seq, &row)) {
        compare(reading, &row, record); /* it came late */
        return ERROR_NONE;
    }
    reading->has_row = false;
    enum error_kind kind = ask_rows(reading, VERIFY_LOG_ROW, record->seq, 0, on_single_row, err);
    if (kind == ERROR_NONE && !reading->has_row) {
        kind = verify_read_floor(reading->verify, err);
    }
    if (kind == ERROR_NONE && !reading->has_row && record->seq < reading->verify->floor) {
        reading->verify->tally->old_records++;
    } else if (kind == ERROR_NONE && reading->has_row) {
        reading->verify->tally->duplicates++;
        compare(reading, &reading->row, record);
    } else if (kind == ERROR_NONE) {
        (void)snprintf(what, sizeof what,
                       "%s/%d offset %" PRId64 " has event %s, which the outbox does not hold",
                       reading->verify->topics[reading->type], reading->shard, record->offset,
                       record->id);
        tell(reading, VERDICT_FORKED, record, what);
    }
    return kind;
}

/* --- rows and records side by side */

/* Strays are kept in place, to be judged when the rows are read: one session, one question. */
static void on_row(void *user, const struct pgsession *session)
{
    struct log_reading *reading = user;
    struct log_entry row;
    read_row(session, &row);
    reading->verify->tally->rows++;
    size_t at = reading->at;
    while (at < reading->portion.kept && reading->records[at].seq < row.seq) {
        at++; /* a stray: stays where it is, behind reading->at */
    }
    if (at < reading->portion.kept && reading->records[at].seq == row.seq) {
        compare(reading, &row, &reading->records[at]);
        reading->records[at].seq = 0; /* done */
        at++;
    } else {
        lack(reading, &row);
    }
    reading->at = at;
}

static enum error_kind match(struct log_reading *reading, int64_t up_to, struct error *err)
{
    enum error_kind kind = ERROR_NONE;
    reading->at = 0;
    if (up_to > reading->compared_to) {
        kind = ask_rows(reading, VERIFY_LOG, reading->compared_to, up_to, on_row, err);
        reading->compared_to = up_to;
    }
    for (size_t i = 0; i < reading->portion.kept && kind == ERROR_NONE; i++) {
        if (reading->records[i].seq > 0) {
            kind = judge_stray(reading, &reading->records[i], err);
        }
    }
    reading->portion.kept = 0;
    return kind;
}

/* --- records */

/* False: it is not one of ours, or nobody can say which. */
static bool read_record(const struct log_reading *reading, const struct kafka_record *record,
                        struct log_entry *ret)
{
    uint8_t hash[DIGEST_LEN];
    const struct strview version = kafka_record_header(record, TOPICS_HEADER_CE_VERSION);
    const struct strview type = kafka_record_header(record, TOPICS_HEADER_CE_TYPE);
    const struct strview id = incoming_event_id(record);
    *ret = (struct log_entry){.offset = record->offset};
    if (!strview_is(kafka_record_header(record, TOPICS_HEADER_CE_SOURCE), TOPICS_CE_SOURCE) ||
        !topics_read_sequence(kafka_record_header(record, TOPICS_HEADER_CE_SEQUENCE), &ret->seq) ||
        ret->seq == 0 || id.len == 0 || !parse_i64(version, &ret->version)) {
        return false;
    }
    (void)snprintf(ret->id, sizeof ret->id, "%.*s", STRVIEW_ARG(id));
    (void)snprintf(ret->aggregate, sizeof ret->aggregate, "%.*s", STRVIEW_ARG(record->key));
    const struct strview pieces[] = {type, STRVIEW("\n"), record->value};
    if (digest_of(reading->digest, pieces, sizeof pieces / sizeof pieces[0], hash)) {
        memcpy(ret->digest, hash, sizeof ret->digest);
    }
    return true;
}

static void on_records(void *user, struct kafka_record *records, size_t count)
{
    struct verify *verify = user;
    struct log_reading *reading = verify->reading;
    const struct verify_shard *shard = &verify->shards[reading->shard];
    struct log_portion *portion = &reading->portion;
    verify_goes_on(verify);
    for (size_t i = 0; i < count; i++) {
        const size_t bytes = records[i].key.len + records[i].value.len;
        if (log_portion_takes(portion, records[i].offset, bytes)) {
            struct log_entry *entry = &reading->records[portion->kept];
            if (!read_record(reading, &records[i], entry)) {
                verify->tally->foreign++;
            } else if (entry->seq < verify->floor) {
                verify->tally->old_records++;
            } else if (entry->seq <= shard->head) { /* else it came since */
                portion->kept++;
            }
        }
        kafka_record_done(&records[i]);
    }
    if (portion->is_at_end || log_portion_is_full(portion)) {
        verify_arrived(verify, NULL);
    }
}

static void on_end(void *user, const struct kafka_position *end)
{
    struct verify *verify = user;
    struct log_reading *reading = verify->reading;
    if (reading != NULL && end->topic == (int)reading->type && end->partition == reading->shard) {
        log_portion_ends(&reading->portion);
        verify_arrived(verify, NULL);
    }
}

static void on_surveyed(void *user, const struct kafka_survey_place *places, size_t count,
                        const struct error *failure)
{
    if (failure == NULL) {
        verify_take_ends(user, places, count);
    }
    verify_arrived(user, failure);
}

const struct kafka_consumer_callbacks VERIFY_CONSUMER = {
    .on_records = on_records,
    .on_end = on_end,
    .on_partition_error = verify_partition_failed,
    .on_error = verify_consumer_failed,
    .on_surveyed = on_surveyed,
};

static enum error_kind read_portion(struct log_reading *reading, struct error *err)
{
    const struct kafka_position from = {.topic = (int)reading->type,
                                        .partition = reading->shard,
                                        .offset = reading->portion.next_offset > 0
                                                      ? reading->portion.next_offset
                                                      : KAFKA_OFFSET_BEGINNING};
    log_portion_begin(&reading->portion);
    return verify_read_from(reading->verify, &from, err);
}

/* --- one partition after the other */

static int64_t newest_seq(const struct log_reading *reading)
{
    int64_t newest = reading->compared_to;
    for (size_t i = 0; i < reading->portion.kept; i++) {
        newest = reading->records[i].seq > newest ? reading->records[i].seq : newest;
    }
    return newest;
}

static void tell_missing(struct log_reading *reading)
{
    char what[WHAT_MAX];
    (void)snprintf(what, sizeof what, "it is not in %s/%d", reading->verify->topics[reading->type],
                   reading->shard);
    for (size_t i = 0; i < reading->missing.count; i++) {
        tell(reading, VERDICT_LOST, &reading->missing.rows[i], what);
    }
    if (reading->missing.untold > 0) {
        (void)snprintf(what, sizeof what, "and %" PRId64 " more are not in %s/%d",
                       reading->missing.untold, reading->verify->topics[reading->type],
                       reading->shard);
        tell(reading, VERDICT_LOST, &(struct log_entry){.aggregate = "-"}, what);
    }
}

static enum error_kind read_partition(struct log_reading *reading, struct error *err)
{
    struct verify *verify = reading->verify;
    const struct verify_shard *shard = &verify->shards[reading->shard];
    enum error_kind kind = ERROR_NONE;
    const int64_t end = shard->end[reading->type];
    if (end < 0) {
        return ERROR_NONE; /* told as not compared */
    }
    reading->portion = (struct log_portion){.end = end, .is_at_end = end == 0};
    reading->compared_to = verify->floor > 0 ? verify->floor - 1 : 0;
    reading->missing.count = 0;
    reading->missing.untold = 0;
    while (kind == ERROR_NONE && !reading->portion.is_at_end && !verify_is_cancelled(verify)) {
        kind = read_portion(reading, err);
        kind = kind == ERROR_NONE ? match(reading, newest_seq(reading), err) : kind;
        if (verify->options->on_progress != NULL) {
            verify->options->on_progress(verify->options->user, verify->tally);
        }
    }
    if (kind == ERROR_NONE && !verify_is_cancelled(verify)) {
        kind = match(reading, shard->head, err);
        tell_missing(reading);
    }
    return kind;
}

enum error_kind verify_log(struct verify *verify, struct error *err)
{
    CLEANUP_FREE
    struct log_reading *reading = must_allocate(1, sizeof *reading);
    CLEANUP_FREE
    struct log_entry *records = must_allocate(LOG_KEPT_MAX, sizeof *records);
    reading->verify = verify;
    reading->records = records;
    enum error_kind kind = digest_new(&reading->digest, err);
    verify->reading = reading;
    for (int type = 0; type < AGGREGATE_COUNT && kind == ERROR_NONE; type++) {
        reading->type = (enum aggregate_type)type;
        for (reading->shard = 0; reading->shard < verify->shard_count && kind == ERROR_NONE;
             reading->shard++) {
            kind = read_partition(reading, err);
        }
    }
    verify->reading = NULL;
    digest_free(reading->digest);
    return kind;
}
