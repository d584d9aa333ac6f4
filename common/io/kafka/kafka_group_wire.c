/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/kafka/kafka_group_wire.h"

enum { TOPIC_NAME_MAX = 249 };

/* A number that is not there, or below zero, is -1. */
static int32_t take_number(struct strview *rest, size_t bytes)
{
    uint32_t number = 0;
    if (rest->len < bytes) {
        rest->len = 0;
        return -1;
    }
    for (size_t i = 0; i < bytes; i++) {
        number = number << 8 | (unsigned char)rest->data[i];
    }
    *rest = (struct strview){rest->data + bytes, rest->len - bytes};
    return number <= INT32_MAX ? (int32_t)number : -1;
}

/* Without one there is nothing left. */
static struct strview take_name(struct strview *rest)
{
    const int32_t len = take_number(rest, sizeof(int16_t));
    if (len < 0 || len > TOPIC_NAME_MAX || (size_t)len > rest->len) {
        rest->len = 0;
        return STRVIEW("");
    }
    const struct strview name = {rest->data, (size_t)len};
    *rest = (struct strview){rest->data + len, rest->len - (size_t)len};
    return name;
}

void kafka_group_wire_read(struct strview assignment, kafka_group_wire_fn *on_partition, void *user)
{
    struct strview rest = assignment;
    (void)take_number(&rest, sizeof(int16_t)); /* the version: later ones add at the end */
    for (int32_t topics = take_number(&rest, sizeof(int32_t)); topics > 0 && rest.len > 0;
         topics--) {
        const struct strview name = take_name(&rest);
        for (int32_t count = take_number(&rest, sizeof(int32_t)); count > 0 && rest.len > 0;
             count--) {
            const int32_t partition = take_number(&rest, sizeof(int32_t));
            if (partition >= 0) {
                on_partition(user, name, partition);
            }
        }
    }
}
