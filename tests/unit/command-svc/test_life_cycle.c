/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of an order held against life_cycle.txt, whole: from every order that commands can lead
 * to, every command is tried, and is allowed or refused as the table says; what is allowed leads to
 * the state the table names, and nothing leads anywhere else.
 *
 * The orders are of a few minor units, so that each amount there is can be tried.
 */
#include "command-svc/core/order.h"
#include "command-svc/core/placing.h"
#include "common/base/parse.h"
#include "tests/support/check_main.h"
#include "tests/support/sample_commands.h"

#include <stdio.h>
#include <string.h>

enum {
    NOW = 5000,
    WINDOW = 700,
    ON_THE_LAST_DAY = NOW + WINDOW,
    LATE = NOW + WINDOW + 1,
    TOTAL = 3,
    STATES_MAX = 32,
    ORDERS_MAX = 4096,
    ARENA_MAX = 1 << 16,
    WORD_MAX = 24,
    WORDS_MAX = 32
};

/* Check notes each assertion in a file; here are millions of them. */
#define MUST(condition, ...)                                                                       \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            ck_abort_msg(__VA_ARGS__);                                                             \
        }                                                                                          \
    } while (0)

/* Columns of the table, as they stand there; behind them those of the two small ones. */
#define COLUMNS(X)                                                                                 \
    X(AUTHORIZE, COMMAND_AUTHORIZE_PAYMENT)                                                        \
    X(DECLINE, COMMAND_DECLINE_PAYMENT)                                                            \
    X(CAPTURE, COMMAND_CAPTURE_PAYMENT)                                                            \
    X(SHIP, COMMAND_SHIP_ORDER)                                                                    \
    X(TRACK, COMMAND_RECORD_TRACKING)                                                              \
    X(DELIVER, COMMAND_DELIVER_ORDER)                                                              \
    X(CANCEL, COMMAND_CANCEL_ORDER)                                                                \
    X(RETURN, COMMAND_RETURN_ORDER)                                                                \
    X(REFUND, COMMAND_REFUND_PAYMENT)                                                              \
    X(LATE_REFUND, COMMAND_REFUND_PAYMENT)                                                         \
    X(ADDRESS, COMMAND_CHANGE_SHIPPING_ADDRESS)                                                    \
    X(NOTE, COMMAND_ADD_NOTE)

#define COLUMN_ENTRY(NAME, kind)   COLUMN_##NAME,
#define COLUMN_COMMAND(NAME, kind) [COLUMN_##NAME] = (kind),
enum column { COLUMNS(COLUMN_ENTRY) COLUMN_COUNT };
static const enum command_kind COLUMN_KINDS[] = {COLUMNS(COLUMN_COMMAND)};

static struct {
    char name[WORD_MAX], status[WORD_MAX], payment[WORD_MAX], refund[WORD_MAX];
    char cells[COLUMN_COUNT][WORD_MAX];
    bool is_met[DISPUTE_STATE_COUNT];
} states[STATES_MAX];
static struct {
    char opened[WORD_MAX], resolved[WORD_MAX];
} disputes[DISPUTE_STATE_COUNT];
static struct {
    char set[2][WORD_MAX], cleared[2][WORD_MAX]; /* [1]: a flag the order has */
} flags[RISK_FLAGS_MAX + 1];
static size_t state_count;

/* An order, and what the table makes of the commands that led to it. */
struct stage {
    struct order order;
    size_t state;
    enum dispute_state dispute;
    size_t flags;
    int64_t total, captured, refunded;
};

/* What is tried: flag is the number of a flag, the order has those below its count. */
struct attempt {
    enum command_kind kind;
    int64_t amount;
    int64_t at_ms;
    bool override;
    size_t flag;
};

/* What the table says: refused, or where it leads. */
struct verdict {
    bool is_refused;
    enum rejection_kind refusal;
    int64_t number; /* of a refusal of an amount */
    struct stage after;
};

static struct stage stages[ORDERS_MAX];
static size_t stage_count;
static bool is_refusal_met[REJECTION_KIND_COUNT];

/* ---- the table ----------------------------------------------------------------------------- */

static bool is_cell(const char *cell, const char *word)
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

static void open_table(void)
{
    char line[256];
    FILE *file = fopen(LIFE_CYCLE_TABLE, "r");
    ck_assert_ptr_nonnull(file);
    state_count = 0;
    while (fgets(line, sizeof line, file) != NULL) {
        split(line[0] == '#' ? "" : line);
        if (word_count == 0) {
            continue;
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
    (void)fclose(file);
    stage_count = 0;
}

static size_t state_named(const char *name, size_t len)
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

static struct verdict judge(const struct stage *stage, const struct attempt *attempt)
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

/* Possible whatever the members say: what `allowed` names. */
static bool may_be_possible(const struct stage *stage, enum command_kind kind)
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

/* ---- held against the code ----------------------------------------------------------------- */

static struct strview flag_named(size_t number)
{
    static const char NAMES[RISK_FLAGS_MAX + 1][2] = {"a", "b", "c", "d", "e", "f", "g", "h", "i",
                                                      "j", "k", "l", "m", "n", "o", "p", "q"};
    return strview_of(NAMES[number]);
}

static struct command command_of(const struct attempt *attempt)
{
    struct command command = attempt->kind == COMMAND_AUTHORIZE_PAYMENT
                                 ? an_authorization(attempt->amount)
                                 : a_step(attempt->kind);
    command.refund_window_ms = WINDOW;
    if (attempt->kind == COMMAND_CAPTURE_PAYMENT) {
        command.capture_payment.amount_minor = attempt->amount;
    } else if (attempt->kind == COMMAND_REFUND_PAYMENT) {
        command.refund_payment.amount_minor = attempt->amount;
        command.refund_payment.override = attempt->override;
    } else if (attempt->kind == COMMAND_FLAG_RISK || attempt->kind == COMMAND_CLEAR_RISK) {
        command.flag_risk.flag = flag_named(attempt->flag);
    }
    return command;
}

/* An order is in the state of the table that its stage says. */
static void assert_stands(const struct stage *stage)
{
    const struct order *order = &stage->order;
    const char *name = states[stage->state].name;
    const char *status = order_status_name(order->status);
    const char *payment = payment_status_name(order->payment_status);
    const char *refund = refund_state_name(order->refund_state);
    MUST(is_cell(status, states[stage->state].status) &&
             is_cell(payment, states[stage->state].payment) &&
             is_cell(refund, states[stage->state].refund),
         "%s is %s, %s, %s", name, status, payment, refund);
    MUST(order->dispute == stage->dispute, "%s: dispute %s", name,
         dispute_state_name(order->dispute));
    MUST(order->risk_flags.count == stage->flags, "%s: %zu flags", name, order->risk_flags.count);
    MUST(order->captured_minor == stage->captured && order->refunded_minor == stage->refunded,
         "%s: %lld of %lld refunded", name, (long long)order->refunded_minor,
         (long long)order->captured_minor);
}

static void assert_lists_what_is_possible(const struct stage *stage, enum command_kind refused,
                                          const struct rejection *rejection)
{
    size_t listed = 0;
    MUST(is_cell(rejection->from, states[stage->state].status), "from %s", rejection->from);
    MUST(is_cell(rejection->command, command_word(refused)), "command %s", rejection->command);
    for (enum command_kind kind = 0; kind < COMMAND_KIND_COUNT; kind++) {
        bool is_listed = false;
        for (size_t i = 0; rejection->allowed[i] != NULL; i++) {
            is_listed = is_listed || is_cell(rejection->allowed[i], command_word(kind));
        }
        const bool is_wanted = command_aggregate(kind) == AGGREGATE_ORDER &&
                               kind != COMMAND_PLACE_ORDER && kind != refused &&
                               may_be_possible(stage, kind);
        MUST(is_listed == is_wanted, "%s, after a refused %s: is %s allowed?",
             states[stage->state].name, command_word(refused), command_word(kind));
        listed += is_listed;
    }
    MUST(rejection->allowed[listed] == NULL, "a command is allowed twice");
}

static void assert_refused(const struct stage *stage, const struct command *command, int64_t at_ms,
                           enum rejection_kind refusal, struct rejection *ret)
{
    const struct order before = stage->order;
    struct order_event event;
    MUST(!order_decide(&stage->order, command, at_ms, &event, ret), "%s allows %s",
         states[stage->state].name, command_word(command->kind));
    MUST(memcmp(&before, &stage->order, sizeof before) == 0, "a refusal changes the order");
    MUST(ret->kind == refusal, "%s refuses %s as %s, not %s", states[stage->state].name,
         command_word(command->kind), rejection_slug(ret->kind), rejection_slug(refusal));
    is_refusal_met[refusal] = true;
}

/* Who may see it and If-Match come first, in every state. */
static void assert_guarded(const struct stage *stage, struct command command, int64_t at_ms)
{
    struct rejection rejection;
    command.expected_version = stage->order.version + 1;
    assert_refused(stage, &command, at_ms, REJECTION_VERSION_CONFLICT, &rejection);
    MUST(rejection.expected == stage->order.version + 1, "another version expected");
    MUST(rejection.number == stage->order.version, "another version now");
    command.owner = STRVIEW("c-2");
    assert_refused(stage, &command, at_ms, REJECTION_NOT_FOUND, &rejection);
}

/* What comes of the attempt is as the table says; true where it leads on, to *ret. */
static bool meets_table(const struct stage *stage, const struct attempt *attempt, struct stage *ret)
{
    struct verdict verdict = judge(stage, attempt);
    struct command command = command_of(attempt);
    struct order_event event;
    struct rejection rejection;
    assert_guarded(stage, command, attempt->at_ms);
    command.expected_version = stage->order.version;
    command.owner = STRVIEW("c-1");
    if (verdict.is_refused) {
        assert_refused(stage, &command, attempt->at_ms, verdict.refusal, &rejection);
        if (verdict.refusal == REJECTION_ILLEGAL_TRANSITION) {
            assert_lists_what_is_possible(stage, attempt->kind, &rejection);
        } else if (verdict.refusal != REJECTION_REFUND_WINDOW_CLOSED) {
            MUST(rejection.number == verdict.number, "%s, %s: %lld, not %lld",
                 states[stage->state].name, command_word(attempt->kind),
                 (long long)rejection.number, (long long)verdict.number);
        }
        return false;
    }
    MUST(order_decide(&stage->order, &command, attempt->at_ms, &event, &rejection),
         "%s refuses %s as %s", states[stage->state].name, command_word(attempt->kind),
         rejection_slug(rejection.kind));
    order_apply(&verdict.after.order, &event);
    MUST(verdict.after.order.version == stage->order.version + 1, "a version is left out");
    assert_stands(&verdict.after);
    *ret = verdict.after;
    return true;
}

/* ---- all orders there can be --------------------------------------------------------------- */

static bool is_same(const struct stage *a, const struct stage *b)
{
    return a->state == b->state && a->dispute == b->dispute && a->flags == b->flags &&
           a->captured == b->captured && a->refunded == b->refunded;
}

static void remember(const struct stage *stage)
{
    for (size_t i = 0; i < stage_count; i++) {
        if (is_same(&stages[i], stage)) {
            return;
        }
    }
    ck_assert_uint_lt(stage_count, ORDERS_MAX);
    states[stage->state].is_met[stage->dispute] = true;
    stages[stage_count++] = *stage;
}

static void try(const struct stage *stage, struct attempt attempt)
{
    struct stage after;
    attempt.at_ms = attempt.at_ms == 0 ? NOW : attempt.at_ms;
    if (meets_table(stage, &attempt, &after) && attempt.at_ms == NOW) {
        remember(&after);
    }
}

static void try_all(const struct stage *stage)
{
    for (enum column column = 0; column < COLUMN_COUNT; column++) {
        const enum command_kind kind = COLUMN_KINDS[column];
        if (kind != COMMAND_AUTHORIZE_PAYMENT && kind != COMMAND_CAPTURE_PAYMENT &&
            kind != COMMAND_REFUND_PAYMENT) {
            try(stage, (struct attempt){.kind = kind, .amount = -1});
        }
    }
    for (int64_t amount = 0; amount <= TOTAL + 1; amount++) {
        try(stage, (struct attempt){.kind = COMMAND_AUTHORIZE_PAYMENT, .amount = amount});
        if (amount == 0) {
            continue; /* the form of a capture and of a refund forbids it */
        }
        struct attempt refund = {.kind = COMMAND_REFUND_PAYMENT, .amount = amount};
        try(stage, (struct attempt){.kind = COMMAND_CAPTURE_PAYMENT, .amount = amount});
        try(stage, refund);
        refund.at_ms = ON_THE_LAST_DAY;
        try(stage, refund);
        refund.at_ms = LATE;
        try(stage, refund);
        refund.override = true;
        try(stage, refund);
    }
    for (size_t flag = stage->flags == 0 ? 0 : stage->flags - 1; flag <= stage->flags; flag++) {
        try(stage, (struct attempt){.kind = COMMAND_FLAG_RISK, .flag = flag});
        try(stage, (struct attempt){.kind = COMMAND_CLEAR_RISK, .flag = flag});
    }
    try(stage, (struct attempt){.kind = COMMAND_OPEN_DISPUTE});
    try(stage, (struct attempt){.kind = COMMAND_RESOLVE_DISPUTE});
}

/* One product, one piece of it. */
static struct stage placed_order(int64_t total)
{
    static const struct wanted_line LINE[] = {{{"sku-1", 5}, 1, PRICE_OF_CATALOGUE}};
    struct product product = {
        .version = 1, .unit_price_minor = total, .currency = STRVIEW("EUR"), .available = 1};
    struct product *products[] = {&product};
    const struct customer customer = {.version = 1, .is_active = true};
    struct stage stage = {.state = state_named("PN", 2), .total = total};
    const struct placing placing = {&stage.order, &customer, products, NOW};
    const struct command command = an_order(SAMPLE_ORDER_ID, LINE, 1);
    struct arena arena;
    struct order_event event;
    struct rejection rejection;
    bool accepted = false;
    arena_init(&arena, ARENA_MAX);
    ck_assert_int_eq(placing_decide(&placing, &command, &arena, &accepted, &event, &rejection),
                     ERROR_NONE);
    ck_assert(accepted);
    order_apply(&stage.order, &event);
    arena_done(&arena);
    assert_stands(&stage);
    return stage;
}

/* Every order that commands make of a new one of that total. */
static void live(int64_t total)
{
    const struct stage placed = placed_order(total);
    stage_count = 0;
    remember(&placed);
    for (size_t i = 0; i < stage_count; i++) {
        const struct stage stage = stages[i];
        try_all(&stage);
    }
}

START_TEST(every_command_in_every_state_does_what_the_table_says)
{
    live(TOTAL);

    for (size_t i = 0; i < state_count; i++) {
        for (enum dispute_state dispute = 0; dispute < DISPUTE_STATE_COUNT; dispute++) {
            ck_assert_msg(states[i].is_met[dispute], "no command leads to %s with dispute %s",
                          states[i].name, dispute_state_name(dispute));
        }
    }
}
END_TEST

START_TEST(so_it_does_with_an_order_that_costs_nothing)
{
    live(0);

    for (size_t i = 0; i < stage_count; i++) {
        ck_assert_int_eq(stages[i].order.refund_state, REFUND_NONE);
    }
}
END_TEST

START_TEST(every_word_for_where_an_order_stands_is_reached)
{
    bool statuses[ORDER_STATUS_COUNT] = {[ORDER_STATUS_NONE] = true};
    bool payments[PAYMENT_STATUS_COUNT] = {false};
    bool refunds[REFUND_STATE_COUNT] = {false};

    live(TOTAL);

    for (size_t i = 0; i < stage_count; i++) {
        statuses[stages[i].order.status] = true;
        payments[stages[i].order.payment_status] = true;
        refunds[stages[i].order.refund_state] = true;
    }
    for (enum order_status i = 0; i < ORDER_STATUS_COUNT; i++) {
        ck_assert_msg(statuses[i], "%s", order_status_name(i));
    }
    for (enum payment_status i = 0; i < PAYMENT_STATUS_COUNT; i++) {
        ck_assert_msg(payments[i], "%s", payment_status_name(i));
    }
    for (enum refund_state i = 0; i < REFUND_STATE_COUNT; i++) {
        ck_assert_msg(refunds[i], "%s", refund_state_name(i));
    }
}
END_TEST

START_TEST(every_refusal_of_a_step_comes_about)
{
    static const enum rejection_kind OF_STEPS[] = {
        REJECTION_NOT_FOUND,       REJECTION_VERSION_CONFLICT, REJECTION_ILLEGAL_TRANSITION,
        REJECTION_AMOUNT_MISMATCH, REJECTION_AMOUNT_EXCEEDED,  REJECTION_REFUND_WINDOW_CLOSED};

    live(TOTAL);

    for (size_t i = 0; i < sizeof OF_STEPS / sizeof OF_STEPS[0]; i++) {
        ck_assert_msg(is_refusal_met[OF_STEPS[i]], "%s", rejection_slug(OF_STEPS[i]));
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("life_cycle");
    TCase *tcase = tcase_create("life_cycle");
    tcase_add_checked_fixture(tcase, open_table, NULL);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, every_command_in_every_state_does_what_the_table_says);
    tcase_add_test(tcase, so_it_does_with_an_order_that_costs_nothing);
    tcase_add_test(tcase, every_word_for_where_an_order_stands_is_reached);
    tcase_add_test(tcase, every_refusal_of_a_step_comes_about);
    suite_add_tcase(suite, tcase);
    return check_main(suite);
}
