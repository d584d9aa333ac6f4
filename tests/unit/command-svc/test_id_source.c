/* SPDX-License-Identifier: Apache-2.0 */
/* New ids: distinct, of version 7, and in the shard asked for. */
#include "command-svc/batch/id_source.h"
#include "common/contract/shard.h"
#include "tests/support/check_main.h"

enum { NOW = 1, DRAWS = 3 * ID_SOURCE_POOL / UUID7_RANDOM_LEN, SHARDS = 12 };

static struct id_source source;

static int compare(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct uuid));
}

START_TEST(no_id_comes_twice_even_past_the_pool)
{
    static struct uuid ids[DRAWS];
    id_source_init(&source);
    for (size_t i = 0; i < DRAWS; i++) {
        ids[i] = id_source_next(&source, NOW);
        ck_assert_int_eq(ids[i].text[14], '7');
    }

    qsort(ids, DRAWS, sizeof ids[0], compare);

    for (size_t i = 1; i < DRAWS; i++) {
        ck_assert_str_ne(ids[i - 1].text, ids[i].text);
    }
}
END_TEST

START_TEST(an_id_lies_in_the_shard_asked_for)
{
    id_source_init(&source);

    const struct uuid id = id_source_next_in_shard(&source, NOW, _i, SHARDS);

    ck_assert_int_eq(shard_of(uuid_view(&id), SHARDS), _i);
}
END_TEST

START_TEST(an_id_for_a_shard_is_a_uuid_and_its_own_however_many_shards_there_are)
{
    static struct uuid ids[SHARDS_MAX];
    id_source_init(&source);
    for (int shard = 0; shard < SHARDS_MAX; shard++) {
        struct uuid parsed;
        ids[shard] = id_source_next_in_shard(&source, NOW, shard, SHARDS_MAX);
        ck_assert(uuid_parse(uuid_view(&ids[shard]), &parsed));
        ck_assert_str_eq(parsed.text, ids[shard].text);
        ck_assert_int_eq(ids[shard].text[14], '7');
        ck_assert_int_eq(shard_of(uuid_view(&ids[shard]), SHARDS_MAX), shard);
    }
    qsort(ids, SHARDS_MAX, sizeof ids[0], compare);
    for (size_t i = 1; i < SHARDS_MAX; i++) {
        ck_assert_str_ne(ids[i - 1].text, ids[i].text);
    }
}
END_TEST

START_TEST(one_shard_takes_any_id)
{
    id_source_init(&source);
    const struct uuid id = id_source_next_in_shard(&source, NOW, 0, 1);
    ck_assert_int_eq(shard_of(uuid_view(&id), 1), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("command-svc/batch/id_source");
    TCase *draws = tcase_create("draws");
    tcase_add_test(draws, no_id_comes_twice_even_past_the_pool);
    tcase_add_loop_test(draws, an_id_lies_in_the_shard_asked_for, 0, SHARDS);
    tcase_add_test(draws, an_id_for_a_shard_is_a_uuid_and_its_own_however_many_shards_there_are);
    tcase_add_test(draws, one_shard_takes_any_id);
    suite_add_tcase(suite, draws);
    return check_main(suite);
}
