/* SPDX-License-Identifier: Apache-2.0 */
/*
 * accept.h - who gets a place at the HTTP server.
 *
 * Why not the kernel's queue alone: a peer that connects and says nothing would hold its place
 * against those that have something to ask. The rule stands in server.h, under Places.
 */
#ifndef COMMON_IO_HTTP_ACCEPT_H
#define COMMON_IO_HTTP_ACCEPT_H

#include <stdbool.h>

/* New connections are waiting. For loop_fd_new(); user is the server. */
void http_accept(void *user, bool readable, bool writable);

#endif
