/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notify.h - tells the service manager that started us (systemd, Type=notify) how we are.
 *
 * Why without libsystemd: it is a word in a datagram to the socket that NOTIFY_SOCKET names, and
 * the library would be a dependency of all three services.
 *
 * Where nobody wants to know (no NOTIFY_SOCKET), all of it does nothing. With WATCHDOG_USEC a sign
 * of life is sent three times in that time, from the loop: where the loop stands still, none comes,
 * and the manager ends the process and starts it anew.
 */
#ifndef COMMON_RUN_NOTIFY_H
#define COMMON_RUN_NOTIFY_H

struct loop;
struct notify;

/* Never NULL. */
struct notify *notify_new(struct loop *loop);

/* Accepts NULL. */
void notify_free(struct notify *notify);

/* From here on signs of life are sent. */
void notify_ready(struct notify *notify);
void notify_stopping(struct notify *notify);

#endif
