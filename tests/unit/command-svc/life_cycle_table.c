/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/command-svc/life_cycle_table.h"

#include <check.h>

#define COLUMN_COMMAND(NAME, kind) [COLUMN_##NAME] = (kind),

const enum command_kind COLUMN_KINDS[] = {COLUMNS(COLUMN_COMMAND)};
struct state states[STATES_MAX];

static struct {
    char opened[WORD_MAX], resolved[WORD_MAX];
} disputes[DISPUTE_STATE_COUNT];

struct flag flags[RISK_FLAGS_MAX + 1];
size_t state_count;
size_t stage_count;

bool is_cell(const char *cell, const char *word)
{
    return strcmp(cell, word) == 0;
}

static char words[WORDS_MAX][WORD_MAX]; /* of the line being read */
static size_t word_count;

static void split(const char *line)
{
    static const char SPACE[] = " \n";
    word_count = 0;
    for (line += strspn(line, SPACE); *line != '\0'; line += strspn(line, SPACE)) {
        const size_t len = strcspn(line, SPACE);
        ck_assert_msg(word_count < WORDS_MAX && len < WORD_MAX, "too much: %s", line);
        memcpy(words[word_count], line, len);
        words[word_count++][len] = '\0';
        line += len;
    }
}

static void read_dispute(void)
{
    enum dispute_state state;
    ck_assert_uint_eq(word_count, 4);
    ck_assert(dispute_state_parse(strview_of(words[1]), &state));
    memcpy(disputes[state].opened, words[2], WORD_MAX);
    memcpy(disputes[state].resolved, words[3], WORD_MAX);
}

static void read_flags(void)
{
    int64_t from, to;
    ck_assert_uint_eq(word_count, 7);
    ck_assert(parse_i64(strview_of(words[1]), &from) && parse_i64(strview_of(words[2]), &to));
    for (; from <= to && from <= RISK_FLAGS_MAX; from++) {
        memcpy(flags[from].set[0], words[3], WORD_MAX);
        memcpy(flags[from].set[1], words[4], WORD_MAX);
        memcpy(flags[from].cleared[1], words[5], WORD_MAX);
        memcpy(flags[from].cleared[0], words[6], WORD_MAX);
    }
}

static void read_state(void)
{
    ck_assert_uint_lt(state_count, STATES_MAX);
    ck_assert_uint_eq(word_count, 5 + COLUMN_COUNT);
    memcpy(states[state_count].name, words[1], WORD_MAX);
    memcpy(states[state_count].status, words[2], WORD_MAX);
    memcpy(states[state_count].payment, words[3], WORD_MAX);
    memcpy(states[state_count].refund, words[4], WORD_MAX);
    memcpy(states[state_count].cells, words + 5, sizeof states[state_count].cells);
    state_count++;
}

static void read_line(const char *line)
{
    split(line[0] == '#' ? "" : line);
    if (word_count == 0) {
        return;
    }
    if (is_cell(words[0], "state")) {
        read_state();
    } else if (is_cell(words[0], "dispute")) {
        read_dispute();
    } else {
        ck_assert_str_eq(words[0], "flags");
        read_flags();
    }
}

void open_table(void)
{
    char line[256];
    FILE *file = fopen(LIFE_CYCLE_TABLE, "r");
    ck_assert_ptr_nonnull(file);
    state_count = 0;
    while (fgets(line, sizeof line, file) != NULL) {
        read_line(line);
    }
    (void)fclose(file);
    stage_count = 0;
}

size_t state_named(const char *name, size_t len)
{
    size_t at = 0;
    while (at < state_count &&
           (strlen(states[at].name) != len || memcmp(states[at].name, name, len) != 0)) {
        at++;
    }
    MUST(at < state_count, "the table names a state it does not have: %s", name);
    return at;
}

/* ---- what the table says ------------------------------------------------------------------- */

static const char *state_cell(const struct stage *stage, enum column column)
{
    return states[stage->state].cells[column];
}

/* "CP/CR": the first, or the second where all of it is taken. */
static void lead_to(struct verdict *verdict, const char *cell, bool is_all)
{
    const char *slash = strchr(cell, '/');
    verdict->after.state = slash == NULL ? state_named(cell, strlen(cell))
                           : is_all      ? state_named(slash + 1, strlen(slash + 1))
                                         : state_named(cell, (size_t)(slash - cell));
}

static void refuse(struct verdict *verdict, enum rejection_kind refusal, int64_t number)
{
    verdict->is_refused = true;
    verdict->refusal = refusal;
    verdict->number = number;
}

static void judge_money(struct verdict *verdict, const struct attempt *attempt, const char *cell)
{
    struct stage *after = &verdict->after;
    const int64_t to_capture = after->total - after->captured;
    const int64_t to_refund = after->captured - after->refunded;
    const bool is_refund = attempt->kind == COMMAND_REFUND_PAYMENT;
    const int64_t remaining = is_refund ? to_refund : to_capture;

    if (attempt->kind == COMMAND_AUTHORIZE_PAYMENT) {
        if (attempt->amount != after->total) {
            refuse(verdict, REJECTION_AMOUNT_MISMATCH, after->total);
        }
    } else if (attempt->amount > remaining) {
        refuse(verdict, REJECTION_AMOUNT_EXCEEDED, remaining);
    } else if (is_cell(cell, "closed")) {
        refuse(verdict, REJECTION_REFUND_WINDOW_CLOSED, 0);
    } else {
        *(is_refund ? &after->refunded : &after->captured) += attempt->amount;
    }
    if (!verdict->is_refused) {
        lead_to(verdict, cell, attempt->amount == remaining);
    }
}

static void judge_flag(struct verdict *verdict, const struct attempt *attempt)
{
    const bool is_there = attempt->flag < verdict->after.flags;
    const char *cell = attempt->kind == COMMAND_FLAG_RISK
                           ? flags[verdict->after.flags].set[is_there]
                           : flags[verdict->after.flags].cleared[is_there];
    MUST(is_cell(cell, "--") || is_cell(cell, "more") || is_cell(cell, "fewer"), "%s?", cell);
    if (is_cell(cell, "--")) {
        refuse(verdict, REJECTION_ILLEGAL_TRANSITION, 0);
    } else {
        verdict->after.flags += is_cell(cell, "more") ? 1 : (size_t)-1;
    }
}

static void judge_dispute(struct verdict *verdict, enum command_kind kind)
{
    const enum dispute_state now = verdict->after.dispute;
    const char *cell = kind == COMMAND_OPEN_DISPUTE ? disputes[now].opened : disputes[now].resolved;
    if (is_cell(cell, "--")) {
        refuse(verdict, REJECTION_ILLEGAL_TRANSITION, 0);
    } else {
        MUST(dispute_state_parse(strview_of(cell), &verdict->after.dispute), "%s?", cell);
    }
}

static enum column column_of(const struct attempt *attempt)
{
    if (attempt->kind == COMMAND_REFUND_PAYMENT && attempt->at_ms >= LATE && !attempt->override) {
        return COLUMN_LATE_REFUND;
    }
    enum column column = 0;
    while (COLUMN_KINDS[column] != attempt->kind) {
        column++;
        MUST(column < COLUMN_COUNT, "%s has no column", command_word(attempt->kind));
    }
    return column;
}

struct verdict judge(const struct stage *stage, const struct attempt *attempt)
{
    struct verdict verdict = {.after = *stage};
    if (attempt->kind == COMMAND_FLAG_RISK || attempt->kind == COMMAND_CLEAR_RISK) {
        judge_flag(&verdict, attempt);
    } else if (attempt->kind == COMMAND_OPEN_DISPUTE || attempt->kind == COMMAND_RESOLVE_DISPUTE) {
        judge_dispute(&verdict, attempt->kind);
    } else {
        const char *cell = state_cell(stage, column_of(attempt));
        if (is_cell(cell, "--")) {
            refuse(&verdict, REJECTION_ILLEGAL_TRANSITION, 0);
        } else if (attempt->amount >= 0) {
            judge_money(&verdict, attempt, cell);
        } else {
            lead_to(&verdict, cell, false);
        }
    }
    return verdict;
}

bool may_be_possible(const struct stage *stage, enum command_kind kind)
{
    if (kind == COMMAND_FLAG_RISK) {
        return is_cell(flags[stage->flags].set[0], "more");
    }
    if (kind == COMMAND_CLEAR_RISK) {
        return is_cell(flags[stage->flags].cleared[1], "fewer");
    }
    if (kind == COMMAND_OPEN_DISPUTE) {
        return !is_cell(disputes[stage->dispute].opened, "--");
    }
    if (kind == COMMAND_RESOLVE_DISPUTE) {
        return !is_cell(disputes[stage->dispute].resolved, "--");
    }
    const struct attempt any = {.kind = kind, .override = true};
    return !is_cell(state_cell(stage, column_of(&any)), "--");
}
