/* SPDX-License-Identifier: Apache-2.0 */
/*
 * app.h - builds command-svc's objects, runs them, and takes them down in reverse.
 */
#ifndef COMMAND_SVC_APP_H
#define COMMAND_SVC_APP_H

struct service_call;

/* Subcommands of main(); the result is the exit code. */
int app_serve(const struct service_call *call);
int app_doctor(const struct service_call *call);
int app_print_roles(const struct service_call *call);
int app_migrate(const struct service_call *call);

#endif
