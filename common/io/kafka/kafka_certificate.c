/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/kafka/kafka_certificate.h"

#include "common/io/tls_words.h"

#include <librdkafka/rdkafka.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

/* Older ones send a nonce that Kafka takes no more (librdkafka's pull request 4895). */
enum { SCRAM_MENDED = 0x020601ff };

static atomic_int last_verdict; /* of a certificate that was refused; 0: none was */

/* In a thread of librdkafka's. Whoever returns 1 has said that the certificate is good, whatever
 * OpenSSL found. */
/* NOLINTNEXTLINE(readability-function-size,readability-non-const-parameter): librdkafka's type */
static int on_certificate(rd_kafka_t *rk, const char *broker, int32_t id, int *verdict, int depth,
                          const char *certificate, size_t size, char *why, size_t why_size,
                          void *opaque)
{
    (void)rk;
    (void)broker;
    (void)id;
    (void)depth;
    (void)certificate;
    (void)size;
    (void)opaque;
    if (*verdict == 0) {
        return 1;
    }
    atomic_store(&last_verdict, *verdict);
    (void)snprintf(why, why_size, "%s", tls_words(*verdict));
    return 0;
}

void kafka_certificate_watch(rd_kafka_conf_t *conf)
{
    /* Refused only by a librdkafka without TLS. */
    (void)rd_kafka_conf_set_ssl_cert_verify_cb(conf, on_certificate);
}

const char *kafka_certificate_words(const char *text,
                                    char ret_buffer[static KAFKA_CERTIFICATE_WORDS_MAX])
{
    const int verdict = atomic_load(&last_verdict);
    ret_buffer[0] = '\0';
    if (rd_kafka_version() < SCRAM_MENDED && strstr(text, "with SASL mechanism SCRAM") != NULL) {
        (void)snprintf(
            ret_buffer, KAFKA_CERTIFICATE_WORDS_MAX,
            "if the broker is Kafka 4: librdkafka %s (Debian 12) cannot do SCRAM with it, "
            "whatever the password; Debian 13's, the container's, and PLAIN can: ",
            rd_kafka_version_str());
    }
    if (verdict != 0 && strstr(text, "certificate verify failed") != NULL) {
        (void)snprintf(ret_buffer, KAFKA_CERTIFICATE_WORDS_MAX, "%s: ", tls_words(verdict));
    }
    if (strstr(text, "Invalid timestamp") != NULL) {
        (void)snprintf(ret_buffer, KAFKA_CERTIFICATE_WORDS_MAX,
                       "set this host's clock, which differs from the broker's by more than "
                       "message.timestamp.after.max.ms (an hour) or before.max.ms allows: ");
    }
    return ret_buffer;
}
