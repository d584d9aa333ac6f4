/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/kafka/kafka_config.h"

#include "common/base/parse.h"

#include <arpa/inet.h>
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <string.h>

#define FOR(role)   (1U << (role))
#define EVERY_ROLE  (FOR(KAFKA_PRODUCER) | FOR(KAFKA_CONSUMER))
#define BY_CALLBACK "this program receives it in another way"

/* What an operator may not set, and why. */
static const struct {
    const char *name;
    unsigned roles;
    const char *why;
} RESERVED[] = {
    {"bootstrap.servers", EVERY_ROLE, "set KAFKA_BROKERS"},
    {"metadata.broker.list", EVERY_ROLE, "set KAFKA_BROKERS"},
    {"log.queue", EVERY_ROLE, BY_CALLBACK},
    {"enabled_events", EVERY_ROLE, BY_CALLBACK},
    {"builtin.features", EVERY_ROLE, "it only informs"},
    {"plugin.library.paths", EVERY_ROLE, "this program loads no foreign code"},
    {"allow.auto.create.topics", EVERY_ROLE, "a deleted topic must not come back by itself"},
    {"enable.idempotence", FOR(KAFKA_PRODUCER), "order and single delivery rest on it"},
    {"enable.gapless.guarantee", FOR(KAFKA_PRODUCER), "without it a failure leaves a gap"},
    {"acks", FOR(KAFKA_PRODUCER), "an acknowledgement must mean every replica in sync"},
    {"request.required.acks", FOR(KAFKA_PRODUCER),
     "an acknowledgement must mean every replica in sync"},
    {"message.timeout.ms", FOR(KAFKA_PRODUCER), "a message given up leaves a gap"},
    {"delivery.timeout.ms", FOR(KAFKA_PRODUCER), "a message given up leaves a gap"},
    {"retries", FOR(KAFKA_PRODUCER), "a message given up leaves a gap"},
    {"message.send.max.retries", FOR(KAFKA_PRODUCER), "a message given up leaves a gap"},
    {"queuing.strategy", FOR(KAFKA_PRODUCER), "order rests on first in, first out"},
    {"transactional.id", FOR(KAFKA_PRODUCER), "this program does not use transactions"},
    {"partitioner", FOR(KAFKA_PRODUCER), "the partition is the shard"},
    {"delivery.report.only.error", FOR(KAFKA_PRODUCER), "every acknowledgement counts"},
    {"group.id", FOR(KAFKA_CONSUMER), "it has a setting of its own"},
    {"enable.auto.commit", FOR(KAFKA_CONSUMER), "positions are kept beside what was applied"},
    {"enable.auto.offset.store", FOR(KAFKA_CONSUMER), "positions are kept beside what was applied"},
    {"auto.offset.reset", FOR(KAFKA_CONSUMER),
     "a position outside the log must be reported, not replaced"},
    {"enable.partition.eof", FOR(KAFKA_CONSUMER), "the adapter needs to see the end"},
    {"partition.assignment.strategy", FOR(KAFKA_CONSUMER),
     "librdkafka 2.0's cooperative rebalance has known faults"},
};
enum { RESERVED_COUNT = sizeof RESERVED / sizeof RESERVED[0], FAULT_MAX = 512 };

static const char *why_reserved(enum kafka_role role, const char *name)
{
    for (size_t i = 0; i < RESERVED_COUNT; i++) {
        if ((RESERVED[i].roles & FOR(role)) != 0 && strcmp(RESERVED[i].name, name) == 0) {
            return RESERVED[i].why;
        }
    }
    return NULL;
}

void kafka_config_check(enum kafka_role role, const struct kafka_property *properties, size_t count,
                        kafka_fault_fn *fault, void *user)
{
    rd_kafka_conf_t *scratch = rd_kafka_conf_new();
    for (size_t i = 0; i < count; i++) {
        const char *why = why_reserved(role, properties[i].name);
        char reason[FAULT_MAX / 2];
        if (why == NULL && rd_kafka_conf_set(scratch, properties[i].name, properties[i].value,
                                             reason, sizeof reason) != RD_KAFKA_CONF_OK) {
            why = reason;
        }
        if (why != NULL) {
            char text[FAULT_MAX];
            (void)snprintf(text, sizeof text, "Kafka property %s cannot be set: %s",
                           properties[i].name, why);
            fault(user, text);
        }
    }
    rd_kafka_conf_destroy(scratch);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_blank_or_comma(char c)
{
    return is_blank(c) || c == ',';
}

/* Without blanks and ends of lines at both ends, as of a file that was made with echo. */
static struct strview trim_lines(struct strview text)
{
    while (text.len > 0 && is_blank(text.data[0])) {
        text = strview_skip(text, 1);
    }
    while (text.len > 0 && is_blank(text.data[text.len - 1])) {
        text.len--;
    }
    return text;
}

/* An IPv6 address without brackets has no port, as librdkafka has it: fd00::5, fe80::1%eth0. */
static bool is_bare_ipv6(struct strview entry)
{
    struct in6_addr address;
    char text[INET6_ADDRSTRLEN];
    const struct strview number = strview_take(&entry, '%');
    if (number.len == 0 || number.len >= sizeof text) {
        return false;
    }
    memcpy(text, number.data, number.len);
    text[number.len] = '\0';
    return inet_pton(AF_INET6, text, &address) == 1;
}

static bool is_port(struct strview text)
{
    enum { PORT_MAX = 65535 };
    int64_t port;
    text = trim_lines(text);
    while (text.len > 1 && text.data[0] == '0') {
        text = strview_skip(text, 1);
    }
    return parse_i64(text, &port) && port >= 1 && port <= PORT_MAX;
}

/* NULL: it is a broker's address, as librdkafka reads it: blanks behind a host that has no port
 * are part of the host, which nobody finds then. */
static const char *fault_of_broker(struct strview entry)
{
    const char *protocol_end = entry.len == 0 ? NULL : memmem(entry.data, entry.len, "://", 3);
    if (protocol_end != NULL) {
        entry = strview_skip(entry, (size_t)(protocol_end - entry.data) + 3);
        entry = strview_take(&entry, '/'); /* the path of a URL, as librdkafka has it */
    }
    if (entry.len == 0) {
        return "an entry is empty";
    }
    struct strview rest = {.data = NULL};
    struct strview host = entry;
    if (!is_bare_ipv6(trim_lines(entry))) {
        rest = entry;
        host = strview_take_host(&rest);
    }
    if (host.len == 0) {
        return "it names no host";
    }
    for (size_t i = 0; i < host.len; i++) {
        if (is_blank(host.data[i])) {
            return "a blank or an end of line is part of the host";
        }
    }
    return rest.data == NULL || is_port(rest) ? NULL : "the port is no number from 1 to 65535";
}

enum error_kind kafka_config_check_brokers(const char *brokers, struct error *err)
{
    struct strview rest = strview_of(brokers);
    bool is_first = true;
    while (rest.data != NULL) {
        struct strview entry = strview_take(&rest, ',');
        const struct strview shown = trim_lines(entry);
        if (!is_first && shown.len == 0 && strview_has_only(rest, is_blank_or_comma)) {
            break; /* nothing but empty ones up to the end: a comma too many harms nobody */
        }
        while (entry.len > 0 && entry.data[0] == ' ') {
            entry = strview_skip(entry, 1);
        }
        const char *fault = fault_of_broker(shown.len == 0 ? shown : entry);
        if (fault != NULL) {
            return error_set(err, ERROR_INVALID,
                             "\"%.*s\": %s; write host:port, several with commas between, an IPv6 "
                             "address in brackets: [::1]:9092",
                             STRVIEW_ARG(shown), fault);
        }
        is_first = false;
    }
    return ERROR_NONE;
}

int64_t kafka_config_refresh_ms(const struct kafka_config *config)
{
    int64_t every_ms = 300000; /* librdkafka's own default */
    for (size_t i = 0; i < config->property_count; i++) {
        const struct kafka_property *property = &config->properties[i];
        if (strcmp(property->name, "topic.metadata.refresh.interval.ms") == 0) {
            (void)!parse_i64(strview_of(property->value), &every_ms);
        }
    }
    return every_ms;
}
