/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stream_internal.h - what a connection does with its stream; for common/io/http/.
 */
#ifndef COMMON_IO_HTTP_STREAM_INTERNAL_H
#define COMMON_IO_HTTP_STREAM_INTERNAL_H

#include "common/io/http/stream.h"

struct http_line;

/* All that was said is taken: who waits for that is told, and may say more or end it. */
void http_stream_drained(struct http_line *line);

/* The connection lets go of its stream, if it has one: who writes it is told, and it is freed. */
void http_stream_part(struct http_line *line, enum http_stream_end why);

#endif
