/* SPDX-License-Identifier: Apache-2.0 */
#include "projector-svc/rebuild_proof.h"

#include "common/base/must.h"
#include "common/io/worker.h"
#include "projector-svc/operator.h"
#include "projector-svc/verify/verify.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { NAMED_MAX = 20, LINE_MS = 5000 };

struct rebuild_proof {
    struct verify_options options;
    void (*on_done)(void *user, const struct error *failure);
    void *user;
    struct worker *worker;
    atomic_bool is_ending;
    /* The other thread's until it has ended. */
    struct verify_tally tally;
    struct error failure;
    int64_t named; /* of what was found */
    int64_t line_ms;
};

/* --- in the other thread */

static bool is_named(struct rebuild_proof *proof)
{
    proof->named++;
    if (proof->named == NAMED_MAX + 1) {
        operator_say("and more, which `projector-svc verify` on the spare database would name\n");
    }
    return proof->named <= NAMED_MAX;
}

static void on_finding(void *user, const struct verify_finding *finding)
{
    struct rebuild_proof *proof = user;
    if (finding->verdict != VERDICT_IN_FLIGHT && is_named(proof)) {
        operator_say_finding(finding);
    }
}

static void on_behind(void *user, const char *what)
{
    struct rebuild_proof *proof = user;
    if (is_named(proof)) {
        operator_say_not_compared(what);
    }
}

static int64_t count_views(const struct verify_tally *tally)
{
    int64_t count = 0;
    for (int type = 0; type < AGGREGATE_COUNT; type++) {
        count += tally->aggregates[type];
    }
    return count;
}

static void on_progress(void *user, const struct verify_tally *tally)
{
    struct rebuild_proof *proof = user;
    const int64_t now_ms = loop_now_ms();
    if (now_ms - proof->line_ms >= LINE_MS) {
        proof->line_ms = now_ms;
        operator_say("verifying: %" PRId64 " events, %" PRId64 " views\n", tally->rows,
                     count_views(tally));
    }
}

static bool is_cancelled(void *user)
{
    struct rebuild_proof *proof = user;
    return atomic_load(&proof->is_ending);
}

static void run(void *argument)
{
    struct rebuild_proof *proof = argument;
    proof->failure.kind = ERROR_NONE;
    (void)!verify_run(&proof->options, &proof->tally, &proof->failure);
}

/* --- in the loop's */

/* What of it forbids an exchange. */
static int64_t count_faults(const struct verify_tally *tally)
{
    int64_t faults = tally->too_large + tally->behind;
    for (int verdict = 0; verdict < VERDICT_COUNT; verdict++) {
        faults += verdict == VERDICT_IN_FLIGHT ? 0 : tally->found[VERIFY_REDIS][verdict];
    }
    return faults;
}

static void on_ended(void *user)
{
    struct rebuild_proof *proof = user;
    if (proof->failure.kind != ERROR_NONE) {
        proof->on_done(proof->user, &proof->failure);
        return;
    }
    const int64_t faults = count_faults(&proof->tally);
    if (faults > 0) {
        struct error err;
        (void)error_set(&err, ERROR_INVALID,
                        "the rebuilt views are not what the outbox tells, or could not be "
                        "compared with it, in %" PRId64 " places named above; nothing is "
                        "exchanged. --no-verify exchanges them all the same",
                        faults);
        proof->on_done(proof->user, &err);
        return;
    }
    operator_say("verified: %" PRId64 " events, %" PRId64 " views\n", proof->tally.rows,
                 count_views(&proof->tally));
    proof->on_done(proof->user, NULL);
}

void rebuild_proof_begin(struct rebuild_proof *proof)
{
    proof->named = 0;
    proof->line_ms = loop_now_ms();
    worker_start(proof->worker);
}

struct rebuild_proof *rebuild_proof_new(struct loop *loop, const struct verify_options *options,
                                        void (*on_done)(void *user, const struct error *failure),
                                        void *user)
{
    struct rebuild_proof *proof = must_allocate(1, sizeof *proof);
    proof->worker = worker_new(loop, run, on_ended, proof);
    proof->options = *options;
    proof->options.on_finding = on_finding;
    proof->options.on_behind = on_behind;
    proof->options.on_progress = on_progress;
    proof->options.is_cancelled = is_cancelled;
    proof->options.user = proof;
    proof->on_done = on_done;
    proof->user = user;
    return proof;
}

void rebuild_proof_free(struct rebuild_proof *proof)
{
    if (proof == NULL) {
        return;
    }
    atomic_store(&proof->is_ending, true);
    worker_free(proof->worker);
    free(proof);
}
