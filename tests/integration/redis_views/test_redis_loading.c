/* SPDX-License-Identifier: Apache-2.0 */
/* What the consumer reads before it applies anything. */
#include "projector-svc/views/view_positions.h"
#include "projector-svc/views/view_store.h"
#include "tests/integration/redis_views/views_fixture.h"
#include "tests/support/check_main.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void take_stands(void *user, const struct view_positions *reading,
                        const struct error *failure)
{
    (void)user;
    ck_assert_ptr_null(failure);
    (void)snprintf(f.text, sizeof f.text, "%lld %lld %lld %s; %lld %lld %s",
                   (long long)reading->positions[0], (long long)reading->goals[0],
                   (long long)reading->identities[0].offset, reading->identities[0].id,
                   (long long)reading->positions[1], (long long)reading->identities[1].offset,
                   reading->identities[1].id);
    end_with(NULL);
}

START_TEST(where_a_partition_stands_comes_with_the_record_before_it)
{
    struct error err;
    const struct strview slots[] = {STRVIEW("t/0"), STRVIEW("t/1")};
    (void)redis("HSET projection:position t/0 7 t/1 9");
    (void)redis("HSET projection:identity t/0 {\"offset\":6,\"id\":\"e-6\"} t/1 damaged");
    (void)redis("HSET projection:recovering t/0 8");

    ck_assert_int_eq(view_positions_ask(f.conn, slots, 2, take_stands, NULL, &err), ERROR_NONE);
    await();

    ck_assert_str_eq(f.text, "7 8 6 e-6; 9 -1 ");
}
END_TEST

/* More than half of what one batch may load of parked ones. */
static void park_large(const char *id)
{
    enum { LARGE = BATCH_PARKED_BYTES / 2 + 1, LINE_MAX = LARGE + 512 };
    char *line = malloc(LINE_MAX);
    ck_assert_ptr_nonnull(line);
    const int len = snprintf(line, LINE_MAX,
                             "RPUSH projection:parked:product:%s "
                             "{\"ce_id\":\"e9\",\"ce_type\":\"StockReceived\","
                             "\"ce_aggregateversion\":9}\n",
                             id);
    memset(line + len, 'x', LARGE);
    line[len + LARGE] = '\0';
    (void)redis(line);
    free(line);
    char mark[TEXT_MAX];
    (void)snprintf(mark, sizeof mark,
                   "HSET projection:frozen product:%s {\"reason\":\"draining\",\"waits_for\":9,"
                   "\"since\":1,\"left\":1,\"moved\":1,\"reader\":\"%s-before\"}",
                   id, id);
    (void)redis(mark);
}

START_TEST(parked_ones_of_all_aggregates_share_what_a_batch_may_load)
{
    static const char *const IDS[] = {"a", "b", "c"};
    static const char *const READERS[] = {"a-before", "b-before", "c-before"};
    struct batch batch;
    struct error err;
    bool wants_more = false;
    ck_assert_int_eq(batch_init(&batch, &f.arena, &err), ERROR_NONE);
    for (size_t i = 0; i < 3; i++) {
        park_large(IDS[i]);
        ck_assert_int_eq(batch_add_drained(&batch, AGGREGATE_PRODUCT, strview_of(IDS[i]), &err),
                         ERROR_NONE);
    }

    ck_assert_int_eq(view_store_load(f.conn, &batch, on_done, NULL, &err), ERROR_NONE);
    await();
    ck_assert_int_eq(f.kind, ERROR_NONE);
    ck_assert_int_eq(batch_look(&batch, &wants_more, &err), ERROR_NONE);
    ck_assert(wants_more);
    ck_assert_int_eq(view_store_load_more(f.conn, &batch, on_done, NULL, &err), ERROR_NONE);
    await();

    ck_assert_int_eq(f.kind, ERROR_NONE);
    for (size_t i = 0; i < 3; i++) {
        const struct batch_aggregate *aggregate = batch.aggregates[i];
        ck_assert_uint_eq(aggregate->lineup.parked_count, i == 0 ? 1 : 0);
        ck_assert_int_eq(aggregate->parked_total, 1);
        ck_assert(strview_is(aggregate->frozen.reader, READERS[i])); /* behind the reply's life */
    }
}
END_TEST

START_TEST(what_was_decided_is_loaded_with_what_is_parked)
{
    struct batch batch;
    struct error err;
    bool wants_more = false;
    (void)redis(
        "HSET projection:frozen product:a {\"reason\":\"forked\",\"waits_for\":9,\"decided\":4}"
        " product:b {\"reason\":\"forked\",\"waits_for\":9}");
    (void)redis("RPUSH projection:parked:product:a {\"ce_aggregateversion\":9}");
    (void)redis("RPUSH projection:parked:product:b {\"ce_aggregateversion\":9}");
    (void)redis("HSET projection:decided product:a [{}] product:b [{},{}]");
    ck_assert_int_eq(batch_init(&batch, &f.arena, &err), ERROR_NONE);
    ck_assert_int_eq(batch_add_drained(&batch, AGGREGATE_PRODUCT, STRVIEW("a"), &err), ERROR_NONE);
    ck_assert_int_eq(batch_add_drained(&batch, AGGREGATE_PRODUCT, STRVIEW("b"), &err), ERROR_NONE);

    ck_assert_int_eq(view_store_load(f.conn, &batch, on_done, NULL, &err), ERROR_NONE);
    await();
    ck_assert_int_eq(f.kind, ERROR_NONE);
    ck_assert_int_eq(batch_look(&batch, &wants_more, &err), ERROR_NONE);
    ck_assert_int_eq(view_store_load_more(f.conn, &batch, on_done, NULL, &err), ERROR_NONE);
    await();

    ck_assert_int_eq(f.kind, ERROR_NONE);
    ck_assert(batch_aggregate_stays(batch.aggregates[0]));
    ck_assert_uint_eq(batch.aggregates[0]->lineup.parked_count, 0);
    ck_assert(!batch_aggregate_stays(batch.aggregates[1]));
    ck_assert_uint_eq(batch.aggregates[1]->decisions.count, 2);
    ck_assert_uint_eq(batch.aggregates[1]->lineup.parked_count, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("projector-svc/functions/loading");
    TCase *server = tcase_create("server");
    tcase_add_checked_fixture(server, setup, teardown);
    tcase_set_timeout(server, 90);
    tcase_add_test(server, where_a_partition_stands_comes_with_the_record_before_it);
    tcase_add_test(server, parked_ones_of_all_aggregates_share_what_a_batch_may_load);
    tcase_add_test(server, what_was_decided_is_loaded_with_what_is_parked);
    suite_add_tcase(suite, server);
    return check_main(suite);
}
