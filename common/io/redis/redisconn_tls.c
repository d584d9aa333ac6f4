/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TLS by hiredis_ssl. The handshake goes on in hiredis's reads and writes, which tell nobody why it
 * failed; so we keep a hold on OpenSSL's object and ask that. CA files are read anew for each
 * attempt: one that was exchanged counts without a restart.
 */
#include "common/io/redis/redisconn_internal.h"
#include "common/io/tls_words.h"

#include <hiredis/async.h>
#include <hiredis/hiredis_ssl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <string.h>

/* hiredis leaves OpenSSL's errors where the next connection would find them. */
static unsigned long take_error(void)
{
    const unsigned long code = ERR_peek_last_error();
    ERR_clear_error();
    return code;
}

static enum error_kind believe(SSL_CTX *context, const char *ca_file, struct error *err)
{
    if (ca_file[0] == '\0') {
        return SSL_CTX_set_default_verify_paths(context) == 1
                   ? ERROR_NONE
                   : error_set(err, ERROR_TRANSIENT, "the system's CA certificates cannot be read");
    }
    ERR_clear_error();
    if (SSL_CTX_load_verify_file(context, ca_file) != 1) {
        const unsigned long code = ERR_peek_error(); /* the first: what came of it says less */
        const char *why =
            ERR_SYSTEM_ERROR(code) ? strerror(ERR_GET_REASON(code)) : ERR_reason_error_string(code);
        ERR_clear_error();
        return error_set(err, ERROR_TRANSIENT, "no CA certificate can be read from %s: %s", ca_file,
                         why == NULL ? "unknown" : why);
    }
    return ERROR_NONE;
}

static bool expect_name(SSL *ssl, const char *host)
{
    return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1 ||
           (SSL_set_tlsext_host_name(ssl, host) == 1 && SSL_set1_host(ssl, host) == 1);
}

static enum error_kind make(const struct redisurl *url, SSL **ret_ssl, struct error *err)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    SSL *ssl = NULL;
    enum error_kind kind = error_set(err, ERROR_TRANSIENT, "OpenSSL cannot be set up");
    if (context != NULL && SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1) {
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
        kind = believe(context, url->ca_file, err);
    }
    if (kind == ERROR_NONE) {
        ssl = SSL_new(context);
    }
    if (ssl != NULL && !expect_name(ssl, url->host)) {
        SSL_free(ssl);
        ssl = NULL;
        kind = error_set(err, ERROR_TRANSIENT, "no certificate can be for this name");
    }
    SSL_CTX_free(context); /* counted: ssl keeps it */
    *ret_ssl = ssl;
    return ssl != NULL || kind != ERROR_NONE ? kind
                                             : error_set(err, ERROR_TRANSIENT, "no memory for TLS");
}

enum error_kind redisconn_tls_check(const struct redisurl *url, struct error *err)
{
    SSL *ssl;
    const enum error_kind kind = make(url, &ssl, err);
    SSL_free(ssl);
    return kind;
}

enum error_kind redisconn_tls_begin(struct redisconn *conn, struct error *err)
{
    SSL *ssl;
    redisconn_tls_end(conn);
    if (make(&conn->url, &ssl, err) != ERROR_NONE) {
        return err->kind;
    }
    (void)SSL_up_ref(ssl);
    conn->tls = ssl;
    redisContext *context = &conn->context->c;
    const redisContextFuncs *without = context->funcs;
    if (redisInitiateSSL(context, ssl) != REDIS_OK) {
        /* hiredis has not taken it, but would call on what it has not made. */
        SSL_free(ssl);
        context->funcs = without;
        return error_set(err, ERROR_TRANSIENT, "%s", redisconn_tls_reason(conn, context->errstr));
    }
    return ERROR_NONE;
}

void redisconn_tls_end(struct redisconn *conn)
{
    SSL_free(conn->tls);
    conn->tls = NULL;
}

static const char *words_of(const struct redisconn *conn, unsigned long code)
{
    if (ERR_GET_LIB(code) == ERR_LIB_SSL) {
        return ERR_GET_REASON(code) == SSL_R_WRONG_VERSION_NUMBER
                   ? "it does not speak TLS at this port; redis:// is without"
                   : ERR_reason_error_string(code);
    }
    return SSL_is_init_finished(conn->tls) == 0
               ? "it began no TLS session; does it speak TLS at this port?"
               : NULL;
}

const char *redisconn_tls_reason(const struct redisconn *conn, const char *otherwise)
{
    if (conn->tls == NULL) {
        return otherwise;
    }
    const unsigned long code = take_error();
    const long verdict = SSL_get_verify_result(conn->tls);
    const char *words = verdict != X509_V_OK ? tls_words(verdict) : words_of(conn, code);
    return words != NULL ? words : otherwise;
}
