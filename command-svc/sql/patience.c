/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/sql/patience.h"

#include "common/io/postgres/pgsession.h"

#include <time.h>

enum { ATTEMPTS = 30, PAUSE_S = 1 };

enum error_kind patience_run(struct pgsession *session, const char *sql, struct error *err)
{
    enum error_kind kind = pgsession_run(session, sql, err);
    for (int i = 1; i < ATTEMPTS && kind == ERROR_CONFLICT; i++) {
        const struct timespec pause = {.tv_sec = PAUSE_S};
        struct error ignored;
        (void)nanosleep(&pause, NULL);
        (void)!pgsession_run(session, "ROLLBACK", &ignored);
        kind = pgsession_run(session, sql, err);
    }
    return kind;
}
