/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/sql/rules.h"

#include "common/base/cleanup.h"
#include "common/base/embedded_text.h"
#include "common/base/strbuf.h"
#include "common/io/postgres/pgsession.h"

extern const struct embedded_text COMMAND_RULES[];

enum { NAMES_MAX = 64 << 10 };

/* $1 tables, $2 names. An index that is not whole is none: it holds nobody to anything. Nor does a
 * trigger that is switched off. */
static const char MISSING_SQL[] =
    "SELECT place FROM unnest($1::text[], $2::text[]) WITH ORDINALITY w (home, name, place)"
    " WHERE to_regclass(home) IS NOT NULL"
    "  AND NOT EXISTS (SELECT FROM pg_constraint"
    "   WHERE conrelid = to_regclass(home) AND conname = name)"
    "  AND NOT EXISTS (SELECT FROM pg_index JOIN pg_class c ON c.oid = indexrelid"
    "   WHERE indrelid = to_regclass(home) AND relname = name AND indisvalid)"
    "  AND NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = to_regclass(home) AND tgname = name"
    "   AND NOT tgisinternal AND tgenabled IN ('O', 'A')) ORDER BY place";

/* Partitions get this key when they are made, as the table they are of cannot have it. */
#define VERSION_KEY "(aggregatetype, aggregateid, aggregateversion)"
static const char MISSING_IN_PARTITIONS_SQL[] =
    "SELECT inhrelid::regclass, 'UNIQUE " VERSION_KEY "',"
    " format('ALTER TABLE %s ADD UNIQUE " VERSION_KEY "', inhrelid::regclass)"
    " FROM pg_inherits WHERE inhparent = to_regclass('outbox')"
    "  AND NOT EXISTS (SELECT FROM pg_index WHERE indrelid = inhrelid AND indisunique"
    "   AND indisvalid AND '{aggregateid,aggregatetype,aggregateversion}' ="
    "    (SELECT array_agg(attname::text ORDER BY attname) FROM pg_attribute"
    "     WHERE attrelid = inhrelid AND attnum = ANY (indkey))) ORDER BY inhrelid";

struct asking {
    struct sql_rule rules[RULES_MAX];
    size_t count;
    rules_on_missing *on_missing;
    void *user;
};

size_t rules_read(const char *text, struct sql_rule ret_rules[static RULES_MAX])
{
    struct strview left = strview_of(text);
    size_t count = 0;
    while (left.len > 0 && count < RULES_MAX) {
        struct strview line = strview_take(&left, '\n');
        if (line.len > 0 && line.data[0] != '#') {
            struct sql_rule *rule = &ret_rules[count++];
            rule->home = strview_take(&line, '\t');
            rule->name = strview_take(&line, '\t');
            rule->statement = line;
        }
    }
    return count;
}

size_t rules_all(struct sql_rule ret_rules[static RULES_MAX])
{
    return rules_read(COMMAND_RULES[0].text, ret_rules);
}

static void on_rule(void *user, const struct pgsession *session)
{
    const struct asking *asking = user;
    const size_t place = (size_t)pgsession_value_i64(session, 0) - 1;
    if (place < asking->count) {
        asking->on_missing(asking->user, &asking->rules[place]);
    }
}

static void on_partition(void *user, const struct pgsession *session)
{
    const struct asking *asking = user;
    asking->on_missing(asking->user, &(struct sql_rule){.home = pgsession_value(session, 0),
                                                        .name = pgsession_value(session, 1),
                                                        .statement = pgsession_value(session, 2)});
}

static void put_names(const struct asking *asking, size_t offset, struct strbuf *out)
{
    strbuf_init(out, NAMES_MAX);
    strbuf_append_char(out, '{');
    for (size_t i = 0; i < asking->count; i++) {
        const struct strview *name =
            (const struct strview *)((const char *)&asking->rules[i] + offset);
        strbuf_printf(out, "%s%.*s", i == 0 ? "" : ",", STRVIEW_ARG(*name));
    }
    strbuf_append_char(out, '}');
}

enum error_kind rules_each_missing(struct pgsession *session, rules_on_missing *on_missing,
                                   void *user, struct error *err)
{
    struct asking asking = {.on_missing = on_missing, .user = user};
    CLEANUP(strbuf_done) struct strbuf homes;
    CLEANUP(strbuf_done) struct strbuf names;
    asking.count = rules_all(asking.rules);
    put_names(&asking, offsetof(struct sql_rule, home), &homes);
    put_names(&asking, offsetof(struct sql_rule, name), &names);
    const char *const params[] = {strbuf_cstr(&homes), strbuf_cstr(&names)};
    const enum error_kind kind =
        pgsession_each(session, MISSING_SQL, params, 2, on_rule, &asking, err);
    return kind == ERROR_NONE ? pgsession_each(session, MISSING_IN_PARTITIONS_SQL, NULL, 0,
                                               on_partition, &asking, err)
                              : kind;
}
