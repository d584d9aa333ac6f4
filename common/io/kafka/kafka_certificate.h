/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kafka_certificate.h - why a broker's certificate is not believed, SCRAM with it cannot work, or a
 * time is refused.
 *
 * librdkafka has one sentence for all causes, and it names the CA file, which is of no help where a
 * certificate has expired or is for another name. The verdict is OpenSSL's and stays so; here it is
 * only remembered, for the sentence that follows. And one before 2.6.1 is told by Kafka 4 that its
 * password is wrong, which it may not be. Nor does Kafka say whose clock a time came from.
 *
 * Limits: one cluster a process. Threads: any; the verdict comes in librdkafka's.
 * Only for common/io/kafka/kafka_*.c.
 */
#ifndef COMMON_IO_KAFKA_KAFKA_CERTIFICATE_H
#define COMMON_IO_KAFKA_KAFKA_CERTIFICATE_H

struct rd_kafka_conf_s; /* librdkafka's */

void kafka_certificate_watch(struct rd_kafka_conf_s *conf);

/* For a text of librdkafka's: the cause and ": ", to be put before it; "" where it is about
 * something else. The cause is kept in *ret_buffer. */
enum { KAFKA_CERTIFICATE_WORDS_MAX = 160 };
const char *kafka_certificate_words(const char *text,
                                    char ret_buffer[static KAFKA_CERTIFICATE_WORDS_MAX]);

#endif
