/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who locks what the relay needs in the database is named; it stops no other shard.
 */
#include "common/io/postgres/pgsession.h"
#include "relay-svc/metrics.h"
#include "relay-svc/shards/shards.h"
#include "tests/integration/relay/relay_fixture.h"
#include "tests/support/check_main.h"

#include <stdio.h>
#include <string.h>

static bool all_is_written_down(void)
{
    bool is_dirty = false;
    for (int i = 0; i < SHARDS; i++) {
        is_dirty = is_dirty || shard_log_is_dirty(&relay_shards(relay)->all[i].log);
    }
    return !is_dirty;
}

static bool the_others_have_gone_on(void)
{
    return is_published(0, 7) && is_published(8, SHARDS);
}

static const char *row;

static bool a_lock_is_said(void)
{
    struct error err;
    return relay_probe_progress(relay, &err) != ERROR_NONE && strstr(err.text, row) != NULL &&
           strstr(err.text, "application stranger") != NULL;
}

static bool its_lease_is_over(void)
{
    return loop_now_ms() >= relay_shards(relay)->all[7].log.lease_until_ms;
}

/* What somebody else locks, in a transaction that stays open. */
static struct pgsession *lock(const char *sql)
{
    struct error err = {.text = ""};
    struct pgsession *session = NULL;
    ck_assert_msg(pgsession_open(url, "stranger", &session, &err) == ERROR_NONE, "%s", err.text);
    ck_assert_msg(pgsession_run(session, "BEGIN", &err) == ERROR_NONE, "%s", err.text);
    ck_assert_msg(pgsession_run(session, sql, &err) == ERROR_NONE, "%s", err.text);
    return session;
}

static const struct {
    const char *sql;
    const char *said;
} LOCKS[] = {
    {"SELECT FROM relay_shard WHERE shard = 7 FOR UPDATE",
     "the row of relay_shard of shard 7 is locked by pid"},
    {"SELECT FROM relay_sent WHERE shard = 7 FOR UPDATE",
     "the row of relay_sent of shard 7 is locked by pid"},
    /* Twice, by a transaction and one inside it: the row names both together. */
    {"SELECT FROM relay_shard WHERE shard = 7 FOR UPDATE; SAVEPOINT inside;"
     " UPDATE relay_shard SET epoch = epoch WHERE shard = 7",
     "the row of relay_shard of shard 7 is locked by pid"},
    {"SELECT FROM relay_fence WHERE shard = 7 FOR UPDATE",
     "the row of relay_fence of shard 7 is locked by pid"},
};

START_TEST(who_locks_a_shard_of_ours_stops_no_other_and_is_named)
{
    append(1, "first");
    goal = SHARDS;
    await(all_are_published);
    await(all_is_written_down);

    row = LOCKS[_i].said;
    struct pgsession *stranger = lock(LOCKS[_i].sql);
    await(a_lock_is_said);
    if (_i == 0) {
        await(its_lease_is_over);
    }
    append(1, "second");
    goal = SHARDS + SHARDS;
    await(the_others_have_gone_on);
    ck_assert(a_lock_is_said());
    ck_assert(_i != 0 || !all_are_published());
    pgsession_close(stranger);
    await(all_are_published);
    await(all_is_well);
}
END_TEST

static bool leases_are_fresh(void)
{
    return loop_now_ms() + LEASE_MS / 2 < relay_shards(relay)->all[7].log.lease_until_ms;
}

static bool a_member_lock_is_said(void)
{
    struct error err;
    relay_update_metrics(relay);
    return relay_probe_progress(relay, &err) != ERROR_NONE &&
           strstr(err.text, "our row of relay_member is locked by pid") != NULL &&
           strstr(err.text, "application stranger") != NULL &&
           metrics_get(metrics, METRIC_LOCKS, 0) == 1;
}

START_TEST(who_locks_the_members_stops_nobody_and_is_named)
{
    append(1, "first");
    goal = SHARDS;
    await(all_are_published);

    struct pgsession *stranger = lock("SELECT FROM relay_member FOR UPDATE");
    begun_ms = loop_now_ms();
    await(a_member_lock_is_said);
    await(two_leases_have_passed);
    await(leases_are_fresh);
    append(1, "second");
    goal = SHARDS + SHARDS;
    await(all_are_published);
    pgsession_close(stranger);
    await(all_is_well);
}
END_TEST

static const char *const TABLES[] = {"outbox", "relay_shard", "relay_fence", "relay_member"};
static const char *table;

static bool a_table_lock_is_said(void)
{
    char part[64];
    struct error err;
    (void)snprintf(part, sizeof part, "the whole table %s is locked by pid", table);
    relay_update_metrics(relay);
    return relay_probe_progress(relay, &err) != ERROR_NONE && strstr(err.text, part) != NULL &&
           strstr(err.text, "application stranger") != NULL &&
           metrics_get(metrics, METRIC_LOCKS, 0) >= 1;
}

START_TEST(who_locks_a_whole_table_is_named)
{
    char sql[64];
    table = TABLES[_i];
    (void)snprintf(sql, sizeof sql, "LOCK TABLE %s IN ACCESS EXCLUSIVE MODE", table);
    append(1, "first");
    goal = SHARDS;
    await(all_are_published);

    struct pgsession *stranger = lock(sql);
    await(a_table_lock_is_said);
    pgsession_close(stranger);
    append(1, "second");
    goal = SHARDS + SHARDS;
    await(all_are_published);
    await(all_is_well);
}
END_TEST

static bool the_installation_is_not_told(void)
{
    struct error err;
    return relay_probe_database(relay, &err) != ERROR_NONE && strstr(err.text, "55P03") != NULL;
}

/* One refusal among a connection's first questions must not be the last word. */
START_TEST(what_is_asked_of_a_new_connection_is_asked_again)
{
    append(1, "first");
    goal = SHARDS;
    await(all_are_published);

    struct pgsession *stranger = lock("LOCK TABLE installation IN ACCESS EXCLUSIVE MODE");
    run_sql(url, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                 " WHERE datname = current_database() AND application_name = 'relay-svc reader'");
    await(the_installation_is_not_told);
    pgsession_close(stranger);
    append(1, "second");
    goal = SHARDS + SHARDS;
    await(all_are_published);
    await(all_is_well);
}
END_TEST

int main(void)
{
    enum { TEST_TIMEOUT_S = 240 };
    Suite *suite = suite_create("relay-svc: locks of others");
    TCase *tests = tcase_create("mock cluster");
    tcase_set_timeout(tests, TEST_TIMEOUT_S);
    tcase_add_checked_fixture(tests, open_all, close_all);
    tcase_add_loop_test(tests, who_locks_a_shard_of_ours_stops_no_other_and_is_named, 0,
                        sizeof LOCKS / sizeof LOCKS[0]);
    tcase_add_test(tests, who_locks_the_members_stops_nobody_and_is_named);
    tcase_add_loop_test(tests, who_locks_a_whole_table_is_named, 0,
                        sizeof TABLES / sizeof TABLES[0]);
    tcase_add_test(tests, what_is_asked_of_a_new_connection_is_asked_again);
    suite_add_tcase(suite, tests);
    return check_main(suite);
}
