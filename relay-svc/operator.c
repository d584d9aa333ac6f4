/* SPDX-License-Identifier: Apache-2.0 */
#include "relay-svc/operator.h"

#include "common/base/utf8.h"
#include "common/io/postgres/pgsession.h"
#include "common/run/service.h"
#include "relay-svc/outbox/operator_sql.h"
#include "relay-svc/settings.h"

#include <pwd.h>
#include <stdio.h>
#include <unistd.h>

enum {
    HOST_MAX = 256,
    REASON_CHARACTERS = 200,
    WAIT_S = 30,
    POLLS_PER_S = 10,
    US_PER_S = 1000000,
};

const char *operator_user(void)
{
    const struct passwd *user = getpwuid(geteuid());
    return user == NULL ? "operator" : user->pw_name;
}

void operator_name(char out[static OPERATOR_NAME_MAX])
{
    char host[HOST_MAX] = "localhost";
    (void)gethostname(host, sizeof host - 1);
    (void)snprintf(out, OPERATOR_NAME_MAX, "%.100s@%s", operator_user(), host);
}

bool operator_reason_fits(const char *text)
{
    const struct strview reason = strview_of(text);
    size_t characters = 0;
    for (size_t i = 0; i < reason.len; i++) {
        const unsigned char byte = (unsigned char)reason.data[i];
        if (byte < ' ' || byte == 0x7f) {
            return false;
        }
        characters += (byte & 0xc0) != 0x80 ? 1 : 0;
    }
    return characters > 0 && characters <= REASON_CHARACTERS && utf8_is_valid(reason);
}

struct pgsession *operator_open(const struct service_call *call, int *ret_code)
{
    const struct relay_settings *settings = call->values;
    struct pgsession *session = NULL;
    struct error err;
    if (settings->database_url == NULL) {
        (void)service_fail(call, "DATABASE_URL is not set");
        *ret_code = SERVICE_MISUSED;
        return NULL;
    }
    if (pgsession_open(settings->database_url, "relay-svc operator", &session, &err) !=
        ERROR_NONE) {
        *ret_code = service_fail(call, "%s", err.text);
        return NULL;
    }
    return session;
}

int operator_await(const struct service_call *call, struct pgsession *session, const char *requests)
{
    struct error err;
    for (int i = 0; i < WAIT_S * POLLS_PER_S; i++) {
        struct strview outcome;
        if (pgsession_ask(session, OPERATOR_SQL_OUTCOME, &requests, 1, &outcome, &err) !=
            ERROR_NONE) {
            return service_fail(call, "%s", err.text);
        }
        if (outcome.len > 0) {
            (void)printf("%.*s\n", (int)outcome.len - 1, outcome.data + 1);
            return outcome.data[0] == 't' ? SERVICE_OK : SERVICE_FAILED;
        }
        (void)usleep(US_PER_S / POLLS_PER_S);
    }
    (void)printf("it is written down, as request %s; no relay has carried all of it out yet: see "
                 "`relay-svc status`\n",
                 requests);
    return SERVICE_FAILED;
}
