/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app.h - the subcommands of relay-svc: builds what serves, runs it, tears it
 * down; looks at what it needs; asks a running relay for its status; shows what waits for a person
 * and takes decisions.
 */
#ifndef RELAY_SVC_APP_H
#define RELAY_SVC_APP_H

struct service_call;

int app_serve(const struct service_call *call);
int app_doctor(const struct service_call *call);
int app_status(const struct service_call *call);
int app_quarantine(const struct service_call *call);
int app_resume(const struct service_call *call);
int app_replay(const struct service_call *call);

#endif
