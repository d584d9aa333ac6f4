/* SPDX-License-Identifier: Apache-2.0 */
/*
 * asking_read.h - from a request to a command.
 *
 * Both return false when the request was refused; asking is gone then.
 */
#ifndef COMMAND_SVC_HTTP_ASKING_READ_H
#define COMMAND_SVC_HTTP_ASKING_READ_H

#include <stdbool.h>

struct asking;

/* What the head tells: form, key, conditions, actor, path. Before a byte of the body is taken. */
bool asking_read_head(struct asking *asking);

/* What needs the body: the request's hash, the command's members, the ids. */
bool asking_read_body(struct asking *asking);

#endif
