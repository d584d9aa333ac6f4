/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/common/json_fixture.h"

struct arena arena;
struct strbuf out;
struct error err;

void open_all(void)
{
    arena_init(&arena, 64 * 1024);
    strbuf_init(&out, 4096);
    err = (struct error){.kind = ERROR_NONE};
}

void close_all(void)
{
    arena_done(&arena);
    strbuf_done(&out);
}

const struct json_value *parsed(struct strview bytes)
{
    const struct json_value *value = NULL;
    ck_assert_msg(json_parse(bytes, &arena, &value, &err) == ERROR_NONE, "%.*s: %s",
                  STRVIEW_ARG(bytes), err.text);
    return value;
}
