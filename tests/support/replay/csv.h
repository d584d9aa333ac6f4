/* SPDX-License-Identifier: Apache-2.0 */
/*
 * csv.h - the records of an RFC 4180 text, one after the other.
 *
 * Quoted fields may hold commas, line ends and doubled quotes; lines end in
 * CRLF or LF; empty lines are passed over.
 *
 * Ownership: fields point into the text, which is changed in place where quotes
 * are taken away.
 */
#ifndef TESTS_SUPPORT_REPLAY_CSV_H
#define TESTS_SUPPORT_REPLAY_CSV_H

#include "common/base/error.h"
#include "common/base/strview.h"

struct csv_reader {
    char *at;
    char *end;
    size_t line; /* where the record read last began, from 1 */
    size_t next_line;
};

void csv_init(struct csv_reader *reader, char *text, size_t len);

/*
 * Reads one record into fields; *ret_count is 0 at the end of the text. Fails
 * with ERROR_INVALID for a quote without its partner, for text behind a closing
 * quote and for more than max fields.
 */
MUST_USE enum error_kind csv_next(struct csv_reader *reader, struct strview *fields, size_t max,
                                  size_t *ret_count, struct error *err);

#endif
