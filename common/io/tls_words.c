/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/tls_words.h"

#include <openssl/x509_vfy.h>
#include <stddef.h>

#define OTHER_CA "its certificate is not of a CA that is trusted here (see the CA file)"

static const struct {
    long verdict;
    const char *words;
} WORDS[] = {
    {X509_V_ERR_HOSTNAME_MISMATCH, "its certificate is not for the name by which it was reached"},
    {X509_V_ERR_IP_ADDRESS_MISMATCH,
     "its certificate is not for the address by which it was reached"},
    {X509_V_ERR_CERT_HAS_EXPIRED, "its certificate has expired, or that of its CA has"},
    {X509_V_ERR_CERT_NOT_YET_VALID, "its certificate is not valid yet (see the clock)"},
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, OTHER_CA},
    {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, OTHER_CA},
    {X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, OTHER_CA},
    {X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, OTHER_CA},
    {X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, OTHER_CA},
    {X509_V_ERR_CERT_SIGNATURE_FAILURE, OTHER_CA}, /* a CA of the same name */
};

const char *tls_words(long verdict)
{
    for (size_t i = 0; i < sizeof WORDS / sizeof WORDS[0]; i++) {
        if (WORDS[i].verdict == verdict) {
            return WORDS[i].words;
        }
    }
    return X509_verify_cert_error_string(verdict);
}
