/* SPDX-License-Identifier: Apache-2.0 */
/* Every aggregate's rows with its tables and its view: a portion of aggregates at a time. */
#include "common/base/cleanup.h"
#include "common/base/id_form.h"
#include "common/base/must.h"
#include "common/base/parse.h"
#include "projector-svc/core/portions.h"
#include "projector-svc/verify/subject.h"
#include "projector-svc/verify/verify_sql.h"

#include <stdio.h>
#include <string.h>

enum { PORTION_MAX = 64, LOOKS_MAX = 8 };

static const char *const ABOVE[] = {VERIFY_ABOVE VERIFY_ROWS("", ""),
                                    VERIFY_ABOVE VERIFY_ROWS(STATE_ROW_COLUMNS, STATE_ROW_JOIN)};
static const char *const ALONE[] = {VERIFY_ALONE VERIFY_ROWS("", ""),
                                    VERIFY_ALONE VERIFY_ROWS(STATE_ROW_COLUMNS, STATE_ROW_JOIN)};

struct portion {
    struct verify *verify;
    struct arena arena;
    enum aggregate_type type;
    size_t most; /* aggregates; fewer where they are large */
    struct subject *subjects[PORTION_MAX];
    size_t count;
    char last[ID_FORM_MAX + 1]; /* the newest id that was met */
    struct error failure;       /* of a row */
};

/* --- loading */

static struct subject *subject_of(struct portion *portion, struct strview id)
{
    if (portion->count > 0 && strview_equal(portion->subjects[portion->count - 1]->events.id, id)) {
        return portion->subjects[portion->count - 1];
    }
    struct subject *subject =
        portion->count == PORTION_MAX ? NULL : arena_alloc(&portion->arena, sizeof *subject);
    const struct strview kept = arena_view(&portion->arena, id);
    if (subject == NULL || kept.data == NULL) {
        return NULL;
    }
    subject->verify = portion->verify;
    subject->arena = &portion->arena;
    subject->events = (struct expected_events){.type = portion->type, .id = kept};
    portion->subjects[portion->count++] = subject;
    return subject;
}

static void on_row(void *user, const struct pgsession *session)
{
    struct portion *portion = user;
    const struct strview id = pgsession_value(session, ROW_AGGREGATE);
    if (portion->failure.kind != ERROR_NONE) {
        return;
    }
    (void)snprintf(portion->last, sizeof portion->last, "%.*s", STRVIEW_ARG(id));
    struct subject *subject = subject_of(portion, id);
    if (subject == NULL) {
        (void)error_set(&portion->failure, ERROR_EXHAUSTED, "a portion needs too much memory");
    } else {
        (void)!subject_add(subject, session, &portion->failure);
    }
}

static enum error_kind load(struct portion *portion, const char *const *sql, const char *id,
                            size_t most, struct error *err)
{
    const char *newest = portion->type == AGGREGATE_STOCK ? "1" : NULL;
    const char *const params[] = {aggregate_name(portion->type), id, NUMBER_TEXT((int64_t)most),
                                  newest};
    arena_reset(&portion->arena);
    portion->count = 0;
    portion->failure.kind = ERROR_NONE;
    const enum error_kind kind =
        verify_each(portion->verify, sql[portion->type == AGGREGATE_ORDER ? 1 : 0], params, 4,
                    on_row, portion, err);
    if (kind == ERROR_NONE && portion->failure.kind != ERROR_NONE) {
        *err = portion->failure;
        return err->kind;
    }
    return kind;
}

/* --- reading Redis */

/* One that shows nothing, or what nobody knows, is judged by that alone. */
static bool has_view_to_compare(const struct subject *subject)
{
    const struct shown_view *shown = &subject->shown;
    const bool is_known =
        shown->version > 0 && shown->version <= shown->head && shown->event == LIKENESS_SAME;
    return is_known && subject_is_whole(subject) &&
           (subject->events.type != AGGREGATE_STOCK || shown->version == shown->head);
}

/* An event that makes no sense there is the view's fault only where it shows it. */
static enum error_kind ask_each(struct portion *portion,
                                bool (*is_asked)(const struct subject *subject),
                                enum error_kind (*ask)(struct subject *subject, struct error *err),
                                struct error *err)
{
    struct verify *verify = portion->verify;
    enum error_kind kind = ERROR_NONE;
    verify->awaited = 0;
    for (size_t i = 0; i < portion->count && kind == ERROR_NONE; i++) {
        struct subject *subject = portion->subjects[i];
        if (!is_asked(subject)) {
            continue;
        }
        kind = ask(subject, err);
        if (kind == ERROR_INVALID) {
            subject->shown.contents = LIKENESS_OTHER;
            (void)snprintf(subject->what, sizeof subject->what, "%.250s", err->text);
            kind = ERROR_NONE;
        } else if (kind == ERROR_NONE) {
            verify->awaited++;
        }
    }
    struct error later;
    const enum error_kind answered = verify_await(verify, VERIFY_ANSWER_MS, "Redis", &later);
    if (kind == ERROR_NONE && answered != ERROR_NONE) {
        *err = later;
        kind = answered;
    }
    return kind;
}

static enum error_kind read_views(struct portion *portion, struct error *err)
{
    const enum error_kind kind = ask_each(portion, subject_is_whole, subject_ask_shown, err);
    return kind == ERROR_NONE ? ask_each(portion, has_view_to_compare, subject_ask_view, err)
                              : kind;
}

/* --- judging */

struct judgement {
    struct verify_finding found[2]; /* of the tables, of the view */
    size_t count;
};

/* Of a level only the newest event was read, which may be one that came since. */
static enum error_kind ask_settled(struct subject *subject, struct error *err)
{
    struct verify *verify = subject->verify;
    char id[ID_FORM_MAX + 1];
    struct strview version;
    if (subject->settled > 0 || !subject_is_in_flight(subject)) {
        return ERROR_NONE;
    }
    (void)snprintf(id, sizeof id, "%.*s", STRVIEW_ARG(subject->events.id));
    const enum error_kind kind =
        pgsession_ask(verify->session, VERIFY_SETTLED,
                      (const char *const[]){aggregate_name(subject->events.type), id,
                                            NUMBER_TEXT(verify->shards[subject->shard].head)},
                      3, &version, err);
    if (kind == ERROR_NONE && version.data != NULL) {
        (void)!parse_i64(version, &subject->settled);
    }
    return kind;
}

static enum error_kind judge(struct subject *subject, struct judgement *ret, struct error *err)
{
    ret->count = 0;
    const enum error_kind kind = ask_settled(subject, err);
    if (kind != ERROR_NONE) {
        return kind;
    }
    ret->count += subject_judge_state(subject, &ret->found[ret->count]) ? 1 : 0;
    /* without a fold there is nothing to hold a view against */
    ret->count +=
        subject_is_whole(subject) && subject_judge_view(subject, &ret->found[ret->count]) ? 1 : 0;
    if (subject->failure.kind != ERROR_NONE) {
        *err = subject->failure;
        return err->kind;
    }
    return ERROR_NONE;
}

static void tell(struct portion *portion, const struct judgement *judgement)
{
    for (size_t i = 0; i < judgement->count; i++) {
        verify_found(portion->verify, &judgement->found[i]);
    }
}

static bool is_settled(const struct judgement *judgement)
{
    for (size_t i = 0; i < judgement->count; i++) {
        if (judgement->found[i].verdict != VERDICT_IN_FLIGHT) {
            return false;
        }
    }
    return true;
}

static void tell_too_large(struct portion *portion, const char *id)
{
    struct verify *verify = portion->verify;
    char what[ID_FORM_MAX + 128];
    verify->tally->too_large++;
    (void)snprintf(what, sizeof what,
                   "%s %s has too many or too large events to be compared in the memory there is",
                   aggregate_name(portion->type), id);
    verify->options->on_behind(verify->options->user, what);
}

/* It differs, or it was changed while the portion was read: then its newest event is above the head
 * by now, as views and records up to the heads were there before. */
static enum error_kind look(struct portion *portion, const char *id, struct judgement *ret,
                            struct error *err)
{
    ret->count = 0;
    enum error_kind kind = load(portion, ALONE, id, 1, err);
    kind = kind == ERROR_NONE ? verify_read_floor(portion->verify, err) : kind;
    kind = kind == ERROR_NONE ? read_views(portion, err) : kind;
    return kind == ERROR_NONE && portion->count == 1 ? judge(portion->subjects[0], ret, err) : kind;
}

/* One that moves may do so between the two readings of its view: what stays different does not. */
static bool may_move(const struct portion *portion)
{
    return portion->count == 1 && subject_is_in_flight(portion->subjects[0]);
}

static enum error_kind look_again(struct portion *portion, const char *id, struct error *err)
{
    struct judgement judgement;
    enum error_kind kind = look(portion, id, &judgement, err);
    for (int i = 1;
         i < LOOKS_MAX && kind == ERROR_NONE && !is_settled(&judgement) && may_move(portion); i++) {
        kind = look(portion, id, &judgement, err);
    }
    if (kind == ERROR_EXHAUSTED) {
        tell_too_large(portion, id);
        return ERROR_NONE;
    }
    if (kind == ERROR_NONE) {
        tell(portion, &judgement);
    }
    return kind;
}

struct doubtful {
    char ids[PORTION_MAX][ID_FORM_MAX + 1];
    size_t count;
};

/* Only one that differs is looked at again. */
static enum error_kind judge_portion(struct portion *portion, struct doubtful *doubtful,
                                     struct error *err)
{
    enum error_kind kind = ERROR_NONE;
    struct verify_tally *tally = portion->verify->tally;
    doubtful->count = 0;
    for (size_t i = 0; i < portion->count && kind == ERROR_NONE; i++) {
        struct subject *subject = portion->subjects[i];
        struct judgement judgement;
        (*(subject_is_cut(subject) ? &tally->old_aggregates : &tally->aggregates[portion->type]))++;
        kind = judge(subject, &judgement, err);
        if (kind == ERROR_NONE && is_settled(&judgement)) {
            tell(portion, &judgement);
        } else if (kind == ERROR_NONE) {
            (void)snprintf(doubtful->ids[doubtful->count++], ID_FORM_MAX + 1, "%.*s",
                           STRVIEW_ARG(subject->events.id));
        }
    }
    return kind;
}

/* --- one portion after the other */

static enum error_kind compare_portion(struct portion *portion, const char *above,
                                       struct error *err)
{
    struct doubtful doubtful = {.count = 0};
    enum error_kind kind = load(portion, ABOVE, above, portion->most, err);
    kind = kind == ERROR_NONE ? read_views(portion, err) : kind;
    kind = kind == ERROR_NONE ? judge_portion(portion, &doubtful, err) : kind;
    char last[ID_FORM_MAX + 1];
    memcpy(last, portion->last, sizeof last);
    for (size_t i = 0; i < doubtful.count && kind == ERROR_NONE; i++) {
        kind = look_again(portion, doubtful.ids[i], err);
    }
    memcpy(portion->last, last, sizeof last);
    return kind;
}

/* Smaller portions where the aggregates are large; one that is too large alone is passed over. */
static enum error_kind compare_type(struct portion *portion, struct error *err)
{
    char above[ID_FORM_MAX + 1] = "";
    portion->most = PORTION_MAX;
    while (!verify_is_cancelled(portion->verify)) {
        portion->last[0] = '\0';
        const enum error_kind kind = compare_portion(portion, above, err);
        if (kind == ERROR_EXHAUSTED && portion->most > 1) {
            portion->most = portions_next(portion->most, PORTION_MAX, true);
            continue;
        }
        if (kind == ERROR_EXHAUSTED) {
            tell_too_large(portion, portion->last);
        } else if (kind != ERROR_NONE || portion->last[0] == '\0') {
            return kind;
        }
        portion->most = portions_next(portion->most, PORTION_MAX, false);
        memcpy(above, portion->last, sizeof above);
        if (portion->verify->options->on_progress != NULL) {
            portion->verify->options->on_progress(portion->verify->options->user,
                                                  portion->verify->tally);
        }
    }
    return ERROR_NONE;
}

static void on_orphan(void *user, const struct pgsession *session)
{
    struct verify *verify = user;
    char id[ID_FORM_MAX + 1];
    (void)snprintf(id, sizeof id, "%.*s", STRVIEW_ARG(pgsession_value(session, 0)));
    verify_found(verify, &(struct verify_finding){.verdict = VERDICT_LOST,
                                                  .station = VERIFY_POSTGRES,
                                                  .type = AGGREGATE_ORDER,
                                                  .id = id,
                                                  .what = "the outbox holds no event of it"});
}

enum error_kind verify_views(struct verify *verify, struct error *err)
{
    CLEANUP_FREE
    struct portion *portion = must_allocate(1, sizeof *portion);
    portion->verify = verify;
    arena_init(&portion->arena, VERIFY_PORTION_BYTES);
    enum error_kind kind = ERROR_NONE;
    for (int type = 0; type < AGGREGATE_COUNT && kind == ERROR_NONE; type++) {
        portion->type = (enum aggregate_type)type;
        kind = compare_type(portion, err);
    }
    if (kind == ERROR_NONE && !verify_is_cancelled(verify)) {
        kind = verify_each(verify, VERIFY_ORPHANS, NULL, 0, on_orphan, verify, err);
    }
    arena_done(&portion->arena);
    return kind;
}
