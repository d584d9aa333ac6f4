/* SPDX-License-Identifier: Apache-2.0 */
/*
 * submission.h - a command that waits for its answer.
 *
 * Ownership: it is its submitter's and stays where it is, with all its command points at, until
 * on_answer.
 */
#ifndef COMMAND_SVC_BATCH_SUBMISSION_H
#define COMMAND_SVC_BATCH_SUBMISSION_H

#include "command-svc/batch/answer.h"
#include "command-svc/core/backlog.h"

typedef void submission_answer_fn(void *user, const struct answer *answer);

struct submission {
    struct waiter waiter; /* first: the backlog knows submissions by it */
    struct command command;
    submission_answer_fn *on_answer; /* once, perhaps from inside lanes_submit(); the submission
                                        is free then */
    void *user;
    uint64_t who;        /* whose it is: a principal's number, of shares_key() */
    size_t bytes;        /* of the request's body */
    struct share *share; /* the lanes' own; so is */
    int64_t queued_us;
};

#endif
