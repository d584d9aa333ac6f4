/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_words.h - why a server's certificate was not believed, in words that say what to look at.
 *
 * Why not OpenSSL's own: "unable to get local issuer certificate" is the commonest, and who set the
 * wrong CA file does not find himself in it. And the libraries of the three servers tell one that
 * the verification has failed, hardly ever why.
 */
#ifndef COMMON_IO_TLS_WORDS_H
#define COMMON_IO_TLS_WORDS_H

/* Of an X509_V_ERR_… of OpenSSL's. */
const char *tls_words(long verdict);

#endif
