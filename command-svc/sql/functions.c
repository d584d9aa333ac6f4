/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/sql/functions.h"

#include "common/base/embedded_text.h"

#include <assert.h>
#include <string.h>

static const char *const BEGINNINGS[] = {"CREATE FUNCTION ", "CREATE OR REPLACE FUNCTION ",
                                         "CREATE VIEW ", "CREATE OR REPLACE VIEW "};
static const char REVOKE[] = "REVOKE ALL ON FUNCTION ";
static const char DROP[] = "DROP FUNCTION ";

/* To the semicolon at a line's end that is not within $$. */
static struct strview statement_at(const char *text)
{
    bool is_within = false;
    const char *at = text;
    while (*at != '\0' && (is_within || at[0] != ';' || (at[1] != '\n' && at[1] != '\0'))) {
        const bool is_quote = at[0] == '$' && at[1] == '$';
        is_within = is_within != is_quote;
        at += is_quote ? 2 : 1;
    }
    assert(*at == ';');
    return (struct strview){.data = text, .len = (size_t)(at - text) + 1};
}

static void note(struct sql_functions *functions, struct strview text, size_t begins)
{
    const char *name = text.data + begins;
    const struct strview wanted = {.data = name, .len = strcspn(name, "( ")};
    size_t at = 0;
    while (at < functions->count && !strview_equal(functions->list[at].name, wanted)) {
        at++;
    }
    assert(at < FUNCTIONS_MAX);
    const bool is_new = at == functions->count;
    functions->list[at] = (struct sql_function){
        .name = wanted, .text = text, .is_public = is_new || functions->list[at].is_public};
    functions->count += is_new ? 1 : 0;
}

/* "a(int), b(text, text)" names a and b. */
static bool names(struct strview list, struct strview function)
{
    struct strview left = list;
    while (left.len > function.len) {
        const char *at = memmem(left.data, left.len, function.data, function.len);
        if (at == NULL) {
            return false;
        }
        left = strview_skip(left, (size_t)(at - left.data) + function.len);
        const char before = at > list.data ? at[-1] : ' ';
        if (left.len > 0 && left.data[0] == '(' && strchr(" \n,", before) != NULL) {
            return true;
        }
    }
    return false;
}

static void revoke(struct sql_functions *functions, struct strview list)
{
    for (size_t i = 0; i < functions->count; i++) {
        functions->list[i].is_public =
            functions->list[i].is_public && !names(list, functions->list[i].name);
    }
}

/* One that is made anew behind it is everybody's again. */
static void drop(struct sql_functions *functions, struct strview list)
{
    size_t kept = 0;
    for (size_t i = 0; i < functions->count; i++) {
        if (!names(list, functions->list[i].name)) {
            functions->list[kept++] = functions->list[i];
        }
    }
    functions->count = kept;
}

static void read_line(const char *line, struct sql_functions *functions)
{
    for (size_t i = 0; i < sizeof BEGINNINGS / sizeof BEGINNINGS[0]; i++) {
        if (strncmp(line, BEGINNINGS[i], strlen(BEGINNINGS[i])) == 0) {
            note(functions, statement_at(line), strlen(BEGINNINGS[i]));
        }
    }
    if (strncmp(line, REVOKE, strlen(REVOKE)) == 0) {
        revoke(functions, strview_skip(statement_at(line), strlen(REVOKE)));
    } else if (strncmp(line, DROP, strlen(DROP)) == 0) {
        drop(functions, strview_skip(statement_at(line), strlen(DROP)));
    }
}

void functions_newest(const struct embedded_text *files, struct sql_functions *ret)
{
    ret->count = 0;
    for (const struct embedded_text *file = files; file->name != NULL; file++) {
        const char *line = file->text;
        while (line != NULL && *line != '\0') {
            read_line(line, ret);
            line = strchr(line, '\n');
            line = line == NULL ? NULL : line + 1;
        }
    }
}
