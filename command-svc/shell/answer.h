/* SPDX-License-Identifier: Apache-2.0 */
/*
 * answer.h - what a client is told about its command, as HTTP would say it.
 *
 * Why apart from HTTP: the same bytes are stored in the receipt, so that a retry
 * next week gets them again.
 *
 * Ownership: views are valid for the callback that hands the answer over.
 */
#ifndef COMMAND_SVC_SHELL_ANSWER_H
#define COMMAND_SVC_SHELL_ANSWER_H

#include "command-svc/core/batch.h"
#include "common/base/strbuf.h"

struct answer {
    int status;              /* 4xx and 5xx bodies are application/problem+json */
    int64_t version;         /* for ETag: "v<version>"; 0: none */
    struct strview location; /* empty: none */
    struct strview body;
    bool is_replayed; /* Idempotent-Replayed: true */
};

/*
 * Writes the answer to an accepted or rejected command: the body into `body`,
 * the Location (201 only) into `location`; the views of *ret point into them.
 * False when a buffer is full.
 *
 * accepted: 201 for what creates its aggregate, else 200; body
 *   {"command_id","command","aggregate":{"type","id"},"version",
 *    "events":[{"id","type","version"}],"accepted_at"}
 * rejected: an RFC 9457 problem with the rejection's fields.
 */
MUST_USE bool answer_write(const struct command *command, const struct outcome *outcome,
                           int64_t now_ms, struct strbuf *body, struct strbuf *location,
                           struct answer *ret);

#endif
