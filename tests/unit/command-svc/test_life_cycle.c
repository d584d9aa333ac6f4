/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of an order held against life_cycle.txt, whole: from every order that commands can lead
 * to, every command is tried, and is allowed or refused as the table says; what is allowed leads to
 * the state the table names, and nothing leads anywhere else.
 *
 * The orders are of a few minor units, so that each amount there is can be tried.
 */
#include "tests/support/check_main.h"
#include "tests/unit/command-svc/life_cycle_table.h"

static struct stage stages[ORDERS_MAX];

static bool is_refusal_met[REJECTION_KIND_COUNT];

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

static void assert_tells(const struct stage *stage, const struct attempt *attempt,
                         const struct verdict *verdict, const struct rejection *rejection)
{
    if (verdict->refusal == REJECTION_ILLEGAL_TRANSITION) {
        assert_lists_what_is_possible(stage, attempt->kind, rejection);
    } else if (verdict->refusal != REJECTION_REFUND_WINDOW_CLOSED) {
        MUST(rejection->number == verdict->number, "%s, %s: %lld, not %lld",
             states[stage->state].name, command_word(attempt->kind), (long long)rejection->number,
             (long long)verdict->number);
    }
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
        assert_tells(stage, attempt, &verdict, &rejection);
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
