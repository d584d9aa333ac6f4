/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app.h - the subcommands of relay-svc: builds what serves, runs it, tears it
 * down; asks a running relay for its status.
 */
#ifndef RELAY_SVC_APP_H
#define RELAY_SVC_APP_H

struct service_call;

int app_serve(const struct service_call *call);
int app_status(const struct service_call *call);

#endif
