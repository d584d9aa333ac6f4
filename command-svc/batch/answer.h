/* SPDX-License-Identifier: Apache-2.0 */
/*
 * answer.h - what a client is told about its command, as HTTP would say it.
 *
 * Why apart from HTTP: the same bytes are stored in the receipt, so that a retry
 * next week gets them again.
 *
 * Why the location is a path: the base of the query service is put before it
 * when the answer is sent (http_api.h), so receipts outlive a move of that service.
 *
 * Ownership: views are valid for the callback that hands the answer over.
 */
#ifndef COMMAND_SVC_BATCH_ANSWER_H
#define COMMAND_SVC_BATCH_ANSWER_H

#include "command-svc/core/batch.h"
#include "common/base/strbuf.h"

struct answer {
    int status;              /* 4xx and 5xx bodies are application/problem+json */
    int64_t version;         /* for ETag: "v<version>"; 0: none */
    struct strview location; /* path and query on the query service; empty: none */
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

/*
 * Writes a problem that no rule decided: 500 internal, 503 overloaded or
 * dependency-unavailable. detail is one sentence. False when the buffer is full.
 */
MUST_USE bool answer_write_problem(int status, const char *slug, const char *detail,
                                   struct strbuf *body, struct answer *ret);

#endif
