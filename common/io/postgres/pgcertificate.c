/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/postgres/pgcertificate.h"

#include "common/base/error.h"
#include "common/io/tls_words.h"

#include <openssl/ssl.h>
#include <stdbool.h>
#include <string.h>

/* librdkafka's threads free sessions, too, and write their own. */
static _Thread_local long last_verdict = X509_V_OK;

static void on_free(void *session, void *data, CRYPTO_EX_DATA *all, int index, long number,
                    void *user)
{
    (void)data;
    (void)all;
    (void)index;
    (void)number;
    (void)user;
    last_verdict = SSL_get_verify_result(session);
}

void pgcertificate_watch(void)
{
    static bool is_watched;
    if (!is_watched) {
        is_watched = SSL_get_ex_new_index(0, NULL, NULL, NULL, on_free) >= 0;
    }
}

void pgcertificate_tell(const char *text, struct error *ret_told)
{
    const bool is_refused =
        strstr(text, "certificate verify failed") != NULL && last_verdict != X509_V_OK;
    (void)error_set(ret_told, ERROR_TRANSIENT, "%s%s%s", is_refused ? tls_words(last_verdict) : "",
                    is_refused ? ": " : "", text);
}
