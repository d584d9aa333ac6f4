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
    "SELECT place, name || ' of ' || home FROM unnest($1::text[], $2::text[])"
    " WITH ORDINALITY w (home, name, place)"
    " WHERE NOT EXISTS (SELECT FROM pg_constraint"
    "   WHERE conrelid = to_regclass(home) AND conname = name)"
    "  AND NOT EXISTS (SELECT FROM pg_index JOIN pg_class c ON c.oid = indexrelid"
    "   WHERE indrelid = to_regclass(home) AND relname = name AND indisvalid)"
    "  AND NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = to_regclass(home) AND tgname = name"
    "   AND NOT tgisinternal AND tgenabled IN ('O', 'A')) ORDER BY place";

/* Partitions get this key when they are made, as the table they are of cannot have it. */
#define VERSION_KEY "(aggregatetype, aggregateid, aggregateversion)"
static const char MISSING_IN_PARTITIONS_SQL[] =
    "SELECT format('ALTER TABLE %s ADD UNIQUE " VERSION_KEY "', inhrelid::regclass),"
    " format('UNIQUE " VERSION_KEY " of %s', inhrelid::regclass)"
    " FROM pg_inherits WHERE inhparent = 'outbox'::regclass"
    "  AND NOT EXISTS (SELECT FROM pg_index WHERE indrelid = inhrelid AND indisunique"
    "   AND indisvalid AND '{aggregateid,aggregatetype,aggregateversion}' ="
    "    (SELECT array_agg(attname::text ORDER BY attname) FROM pg_attribute"
    "     WHERE attrelid = inhrelid AND attnum = ANY (indkey))) ORDER BY inhrelid";

struct missing {
    struct sql_rule rules[RULES_MAX];
    size_t count;
    struct strbuf *names;
    struct strbuf *statement;
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

static void add(struct missing *missing, struct strview name, struct strview statement)
{
    const bool is_first = strbuf_cstr(missing->names)[0] == '\0';
    strbuf_printf(missing->names, "%s%.*s", is_first ? "" : ", ", STRVIEW_ARG(name));
    if (is_first) {
        strbuf_append(missing->statement, statement);
    }
}

static void on_rule(void *user, const struct pgsession *session)
{
    struct missing *missing = user;
    const size_t place = (size_t)pgsession_value_i64(session, 0) - 1;
    if (place < missing->count) {
        add(missing, pgsession_value(session, 1), missing->rules[place].statement);
    }
}

static void on_partition(void *user, const struct pgsession *session)
{
    add(user, pgsession_value(session, 1), pgsession_value(session, 0));
}

static void put_names(const struct missing *missing, size_t offset, struct strbuf *out)
{
    strbuf_init(out, NAMES_MAX);
    strbuf_append_char(out, '{');
    for (size_t i = 0; i < missing->count; i++) {
        const struct strview *name =
            (const struct strview *)((const char *)&missing->rules[i] + offset);
        strbuf_printf(out, "%s%.*s", i == 0 ? "" : ",", STRVIEW_ARG(*name));
    }
    strbuf_append_char(out, '}');
}

enum error_kind rules_find_missing(struct pgsession *session, struct strbuf *names,
                                   struct strbuf *statement, struct error *err)
{
    struct missing missing = {.names = names, .statement = statement};
    CLEANUP(strbuf_done) struct strbuf homes;
    CLEANUP(strbuf_done) struct strbuf rules;
    missing.count = rules_read(COMMAND_RULES[0].text, missing.rules);
    put_names(&missing, offsetof(struct sql_rule, home), &homes);
    put_names(&missing, offsetof(struct sql_rule, name), &rules);
    const char *const params[] = {strbuf_cstr(&homes), strbuf_cstr(&rules)};
    const enum error_kind kind =
        pgsession_each(session, MISSING_SQL, params, 2, on_rule, &missing, err);
    return kind == ERROR_NONE ? pgsession_each(session, MISSING_IN_PARTITIONS_SQL, NULL, 0,
                                               on_partition, &missing, err)
                              : kind;
}
