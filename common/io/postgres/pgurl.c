/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/postgres/pgurl.h"

#include "common/base/cleanup.h"
#include "common/base/parse.h"
#include "common/base/strview.h"

#include <libpq-fe.h>
#include <stdlib.h>

enum { PORT_MAX = 65535, CONNECT_TIMEOUT_MAX_S = 3600 };

#define LISTS(X)                  X(NAMES, "host") X(ADDRESSES, "hostaddr") X(PORTS, "port")

#define LIST_ENTRY(LIST, keyword) LIST,
enum list { LISTS(LIST_ENTRY) LIST_COUNT };

#define KEYWORD_ROW(LIST, keyword) [LIST] = (keyword),
static const char *const KEYWORDS[] = {LISTS(KEYWORD_ROW)};

static const char HOST_BYTES[] =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:%";

struct conninfo {
    PQconninfoOption *given;    /* by the URL */
    PQconninfoOption *defaults; /* of the environment, a service or libpq */
};

static void free_conninfo(struct conninfo *info)
{
    PQconninfoFree(info->given); /* accepts NULL */
    PQconninfoFree(info->defaults);
}

static enum error_kind refuse(struct error *err, const char *what)
{
    return error_set(err, ERROR_INVALID,
                     "the database URL cannot be read: %s; it is "
                     "postgresql://user:password@host:port/database, without quotes, and within a "
                     "part %%25 stands for %%, %%40 for @, %%2F for /",
                     what);
}

static const char *value_in(const PQconninfoOption *options, const char *keyword)
{
    for (; options != NULL && options->keyword != NULL; options++) {
        if (strcmp(options->keyword, keyword) == 0) {
            return options->val == NULL || *options->val == '\0' ? NULL : options->val;
        }
    }
    return NULL;
}

static const char *value_of(const struct conninfo *info, const char *keyword)
{
    const char *given = value_in(info->given, keyword);
    return given != NULL ? given : value_in(info->defaults, keyword);
}

/* Splits a list at its commas, in place; an empty element is NULL. false: too many. */
static bool split(char *list, const char *ret_parts[static PGURL_HOSTS_MAX], size_t *ret_count)
{
    size_t count = 0;
    char *rest = list;
    while (rest != NULL) {
        if (count == PGURL_HOSTS_MAX) {
            return false;
        }
        char *part = strsep(&rest, ",");
        ret_parts[count++] = *part == '\0' ? NULL : part;
    }
    *ret_count = count;
    return true;
}

static bool is_host(const char *name)
{
    return name == NULL || *name == '/' || name[strspn(name, HOST_BYTES)] == '\0';
}

static bool is_port(const char *port)
{
    int64_t number;
    return port == NULL ||
           (parse_i64(strview_of(port), &number) && number > 0 && number <= PORT_MAX);
}

struct parts {
    const char *at[LIST_COUNT][PGURL_HOSTS_MAX];
    size_t count[LIST_COUNT];
};

static enum error_kind copy_lists(const struct conninfo *info, struct pgurl *url,
                                  struct parts *parts, struct error *err)
{
    for (enum list list = NAMES; list < LIST_COUNT; list++) {
        const char *value = value_of(info, KEYWORDS[list]);
        if (value == NULL) {
            continue;
        }
        url->lists[list] = strdup(value);
        if (url->lists[list] == NULL) {
            return error_set(err, ERROR_EXHAUSTED, "no memory for the database URL");
        }
        if (!split(url->lists[list], parts->at[list], &parts->count[list])) {
            return refuse(err, "it names too many hosts");
        }
    }
    return ERROR_NONE;
}

static const char *part(const struct parts *parts, enum list list, size_t index)
{
    if (parts->count[list] == 0) {
        return NULL;
    }
    return parts->at[list][parts->count[list] == 1 ? 0 : index];
}

static enum error_kind check_host(const struct pgurl_host *host, struct error *err)
{
    if (!is_host(host->name) || !is_host(host->address)) {
        return refuse(err, "it has no host where one is expected");
    }
    return is_port(host->port) ? ERROR_NONE : refuse(err, "it has no port where one is expected");
}

/* As libpq pairs them: an address per name or alone, one port for all or one each. None at all is
 * libpq's default socket, or a service. */
static enum error_kind pair(const struct parts *parts, struct pgurl *url, struct error *err)
{
    const size_t names = parts->count[NAMES];
    const size_t addresses = parts->count[ADDRESSES];
    const size_t ports = parts->count[PORTS];
    const size_t count = addresses > 0 ? addresses : names;
    if (count == 0) {
        url->host_count = 1;
        return ERROR_NONE;
    }
    if ((names > 0 && names != count) || (ports > 1 && ports != count)) {
        return refuse(err, "its hosts and ports are not equally many");
    }
    url->host_count = count;
    enum error_kind kind = ERROR_NONE;
    for (size_t i = 0; i < count && kind == ERROR_NONE; i++) {
        url->hosts[i] = (struct pgurl_host){.name = part(parts, NAMES, i),
                                            .address = part(parts, ADDRESSES, i),
                                            .port = part(parts, PORTS, i)};
        kind = check_host(&url->hosts[i], err);
    }
    return kind;
}

/* What libpq or the server would quote, were it misread. */
static enum error_kind check_rest(const char *text, const struct conninfo *info, struct pgurl *url,
                                  struct error *err)
{
    const bool is_uri = strstr(text, "://") != NULL;
    const char *database = value_in(info->given, "dbname");
    const char *user = value_in(info->given, "user");
    const char *timeout = value_of(info, "connect_timeout");
    if (is_uri && database != NULL && strpbrk(database, "@ \t\r\n") != NULL) {
        return refuse(err, "it has no database where one is expected");
    }
    if (is_uri && user != NULL && strpbrk(user, "/ \t\r\n") != NULL) {
        return refuse(err, "it has no user where one is expected");
    }
    int64_t seconds = 0;
    if (timeout != NULL && !parse_i64(strview_of(timeout), &seconds)) {
        return refuse(err, "its connect_timeout is no number");
    }
    if (seconds > 0) {
        url->connect_timeout_ms =
            1000 * (seconds < CONNECT_TIMEOUT_MAX_S ? seconds : CONNECT_TIMEOUT_MAX_S);
    }
    return ERROR_NONE;
}

static enum error_kind read_parts(const char *text, const struct conninfo *info, struct pgurl *url,
                                  struct error *err)
{
    struct parts parts = {0};
    enum error_kind kind = check_rest(text, info, url, err);
    if (kind == ERROR_NONE) {
        kind = copy_lists(info, url, &parts, err);
    }
    return kind == ERROR_NONE ? pair(&parts, url, err) : kind;
}

enum error_kind pgurl_read(const char *url, struct pgurl *ret_url, struct error *err)
{
    char *problem = NULL; /* quotes the URL: of no use */
    CLEANUP(free_conninfo)
    struct conninfo info = {.given = PQconninfoParse(url, &problem), .defaults = PQconndefaults()};
    PQfreemem(problem);
    if (info.given == NULL) {
        return refuse(err, "it has another form");
    }
    struct pgurl read = {0};
    const enum error_kind kind = read_parts(url, &info, &read, err);
    if (kind != ERROR_NONE) {
        pgurl_done(&read);
        return kind;
    }
    *ret_url = read;
    return ERROR_NONE;
}

enum error_kind pgurl_check(const char *url, struct error *err)
{
    struct pgurl ignored;
    const enum error_kind kind = pgurl_read(url, &ignored, err);
    if (kind == ERROR_NONE) {
        pgurl_done(&ignored);
    }
    return kind;
}

void pgurl_done(struct pgurl *url)
{
    for (enum list list = NAMES; list < LIST_COUNT; list++) {
        free(url->lists[list]);
    }
    *url = (struct pgurl){0};
}

bool pgurl_needs_lookup(const struct pgurl_host *host)
{
    return host->address == NULL && host->name != NULL && host->name[0] != '/';
}
