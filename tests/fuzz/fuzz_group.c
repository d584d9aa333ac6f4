/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reader of what a member of a group was given:
 *   - what it tells lies within the bytes, and each partition costs some of them;
 *   - of bytes that are cut it tells the first of what it tells of all;
 *   - what it told can be written, and reading that tells the same.
 */
#include "common/base/strbuf.h"
#include "common/io/kafka/kafka_group_wire.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

enum { TEXT_BYTES = 8 << 20, NAME_MAX_BYTES = 249 };

struct reading {
    struct strview within;
    size_t count;
    struct strbuf told; /* as wire, a topic for each partition */
};

static void put_number(struct strbuf *out, uint32_t number, size_t bytes)
{
    for (size_t i = bytes; i > 0; i--) {
        const char byte = (char)(number >> (8 * (i - 1)) & 0xff);
        strbuf_append(out, (struct strview){&byte, 1});
    }
}

static void on_partition(void *user, struct strview topic, int32_t partition)
{
    struct reading *reading = user;
    EXPECT(partition >= 0 && topic.len <= NAME_MAX_BYTES);
    EXPECT(topic.len == 0 ||
           (topic.data >= reading->within.data &&
            topic.data + topic.len <= reading->within.data + reading->within.len));
    put_number(&reading->told, (uint32_t)topic.len, sizeof(int16_t));
    strbuf_append(&reading->told, topic);
    put_number(&reading->told, 1, sizeof(int32_t));
    put_number(&reading->told, (uint32_t)partition, sizeof(int32_t));
    reading->count++;
}

static void read_wire(struct strview bytes, struct reading *ret)
{
    *ret = (struct reading){.within = bytes};
    strbuf_init(&ret->told, TEXT_BYTES);
    kafka_group_wire_read(bytes, on_partition, ret);
    EXPECT(ret->count * sizeof(int32_t) <= bytes.len && strbuf_ok(&ret->told));
}

static void check_cut(struct strview bytes, const struct reading *whole)
{
    struct reading part;
    read_wire((struct strview){bytes.data, bytes.len - bytes.len / 3}, &part);
    const struct strview first = strbuf_view(&part.told);
    const struct strview all = strbuf_view(&whole->told);
    EXPECT(first.len <= all.len &&
           (first.len == 0 || memcmp(first.data, all.data, first.len) == 0));
    strbuf_done(&part.told);
}

static void check_round_trip(const struct reading *first)
{
    struct reading again;
    struct strbuf wire;
    strbuf_init(&wire, TEXT_BYTES);
    put_number(&wire, 1, sizeof(int16_t));
    put_number(&wire, (uint32_t)first->count, sizeof(int32_t));
    strbuf_append(&wire, strbuf_view(&first->told));
    read_wire(strbuf_view(&wire), &again);
    EXPECT(again.count == first->count);
    EXPECT(strview_equal(strbuf_view(&again.told), strbuf_view(&first->told)));
    strbuf_done(&again.told);
    strbuf_done(&wire);
}

/* NOLINTNEXTLINE(readability-identifier-naming) */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reading reading;
    const struct strview bytes = fuzz_view(data, size);
    if (size > TEXT_BYTES / 256) {
        return 0; /* each partition tells its topic's name again */
    }
    read_wire(bytes, &reading);
    check_cut(bytes, &reading);
    check_round_trip(&reading);
    strbuf_done(&reading.told);
    return 0;
}
