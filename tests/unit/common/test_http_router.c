/* SPDX-License-Identifier: Apache-2.0 */
/* Which route a method and a path name, and what path and query say. */
#include "common/base/arena.h"
#include "common/base/strbuf.h"
#include "common/io/http/guard.h"
#include "common/io/http/router.h"
#include "tests/support/check_main.h"

#include <signal.h>
#include <stdlib.h>

enum { ARENA_MAX = 16384 };

static void never(struct http_request *request, void *user)
{
    (void)request;
    (void)user;
    abort(); /* a router calls nobody */
}

static const struct http_route FIRST[] = {
    {HTTP_POST, "/v1/orders", never, .tag = 1},
    {HTTP_GET, "/v1/orders", never, .tag = 2},
    {HTTP_GET, "/v1/orders/{id}", never, .tag = 3},
    {HTTP_POST, "/v1/orders/{id}/ship", never, .tag = 4},
    {HTTP_PUT, "/v1/{a}/{b}/{c}/{d}", never, .tag = 5},
    {HTTP_GET, "/v1/{a}/{b}/{c}/{d}/{e}", never, .tag = 6}, /* more than there is room for */
    {.pattern = NULL},
};

static const struct http_route SECOND[] = {
    {HTTP_DELETE, "/v1/orders/{id}", never, .tag = 7},
    {HTTP_GET, "/v1/orders/{id}", never, .tag = 8}, /* the first table has it already */
    {HTTP_GET, "/", never, .tag = 9},
    {.pattern = NULL},
};

static int first_user;
static int second_user;

static struct http_match find(const char *method, const char *path)
{
    struct http_router router = {0};
    struct http_match match;
    http_router_add(&router, FIRST, &first_user);
    http_router_add(&router, SECOND, &second_user);
    http_router_find(&router, strview_of(method), strview_of(path), &match);
    return match;
}

static const struct {
    const char *method;
    const char *path;
    int tag; /* 0: no route */
    const char *params[HTTP_PARAMS_MAX];
    const char *allowed;
} PATHS[] = {
    {"POST", "/v1/orders", 1, {NULL}, ""},
    {"GET", "/v1/orders", 2, {NULL}, ""},
    {"HEAD", "/v1/orders", 2, {NULL}, ""},
    {"GET", "/v1/orders/7", 3, {"7"}, ""},
    {"GET", "/v1/orders/a%2Fb", 3, {"a%2Fb"}, ""},
    {"GET", "/v1/orders/ship", 3, {"ship"}, ""},
    {"POST", "/v1/orders/7/ship", 4, {"7"}, ""},
    {"PUT", "/v1/1/2/3/4", 5, {"1", "2", "3", "4"}, ""},
    {"DELETE", "/v1/orders/7", 7, {"7"}, ""},
    {"GET", "/", 9, {NULL}, ""},

    {"DELETE", "/v1/orders", 0, {NULL}, "GET, HEAD, POST"},
    {"POST", "/v1/orders/7", 0, {NULL}, "GET, HEAD, DELETE"},
    {"GET", "/v1/orders/7/ship", 0, {NULL}, "POST"},
    {"BREW", "/", 0, {NULL}, "GET, HEAD"},
    {"get", "/", 0, {NULL}, "GET, HEAD"},
    {"", "/", 0, {NULL}, "GET, HEAD"},

    {"GET", "", 0, {NULL}, ""},
    {"GET", "/v1", 0, {NULL}, ""},
    {"GET", "/v1/", 0, {NULL}, ""},
    {"GET", "/v1/orders/", 0, {NULL}, ""},
    {"GET", "/v1/orders//", 0, {NULL}, ""},
    {"GET", "/v1/orders/7/", 0, {NULL}, ""},
    {"POST", "/v1/orders//ship", 0, {NULL}, ""},
    {"POST", "/v1/orders/7/shipping", 0, {NULL}, ""},
    {"GET", "//v1/orders", 0, {NULL}, ""},
    {"GET", "/v1/../v1/orders", 0, {NULL}, ""},
    {"GET", "/v1/ORDERS", 0, {NULL}, ""},
    {"GET", "/v1/orders/{id}/x", 0, {NULL}, ""},
    {"GET", "/v1/1/2/3/4/5", 0, {NULL}, ""},
};
enum { PATH_COUNT = sizeof PATHS / sizeof PATHS[0] };

START_TEST(each_path_names_what_the_table_says)
{
    const struct http_match match = find(PATHS[_i].method, PATHS[_i].path);
    struct strbuf allowed;
    strbuf_init(&allowed, 64);
    http_router_list_methods(match.allowed, &allowed);
    ck_assert_int_eq(match.route == NULL ? 0 : match.route->tag, PATHS[_i].tag);
    ck_assert_str_eq(strbuf_cstr(&allowed), PATHS[_i].allowed);
    size_t count = 0;
    while (count < HTTP_PARAMS_MAX && PATHS[_i].params[count] != NULL) {
        ck_assert_uint_lt(count, match.param_count);
        ck_assert(strview_is(match.params[count], PATHS[_i].params[count]));
        count++;
    }
    ck_assert_uint_eq(match.param_count, count);
    strbuf_done(&allowed);
}
END_TEST

START_TEST(a_match_says_whose_table_it_was_and_what_was_asked)
{
    const struct http_match head = find("HEAD", "/v1/orders/7");
    ck_assert_ptr_eq(head.user, &first_user);
    ck_assert_int_eq(head.method, HTTP_HEAD);
    ck_assert_int_eq(head.route->method, HTTP_GET);
    const struct http_match deleted = find("DELETE", "/v1/orders/7");
    ck_assert_ptr_eq(deleted.user, &second_user);
    ck_assert_ptr_null(find("GET", "/nothing").user);
}
END_TEST

START_TEST(without_tables_there_is_nothing)
{
    const struct http_router router = {0};
    struct http_match match;
    http_router_find(&router, STRVIEW("GET"), STRVIEW("/"), &match);
    ck_assert_ptr_null(match.route);
    ck_assert_uint_eq(match.allowed, 0);
}
END_TEST

START_TEST(a_ninth_table_aborts)
{
    struct http_router router = {0};
    for (int i = 0; i < HTTP_TABLES_MAX + 1; i++) {
        http_router_add(&router, FIRST, NULL);
    }
}
END_TEST

static const struct {
    const char *raw;
    const char *decoded; /* NULL: refused */
} PARAMS[] = {
    {"7", "7"},    {"a%2Fb%20c", "a/b c"}, {"a+b", "a+b"}, {"%c3%a4", "\xc3\xa4"},
    {"%", NULL},   {"%zz", NULL},          {"%2", NULL},   {"%00", NULL},
    {"%ff", NULL}, {"%c3", NULL},          {"a%2e", "a."},
};
enum { PARAM_COUNT = sizeof PARAMS / sizeof PARAMS[0] };

START_TEST(each_parameter_is_decoded_as_the_table_says)
{
    struct arena arena;
    arena_init(&arena, ARENA_MAX);
    struct http_match match = {.params = {strview_of(PARAMS[_i].raw)}, .param_count = 1};
    ck_assert_int_eq(http_match_decode(&match, &arena), PARAMS[_i].decoded != NULL);
    if (PARAMS[_i].decoded != NULL) {
        ck_assert(strview_is(match.params[0], PARAMS[_i].decoded));
    }
    arena_done(&arena);
}
END_TEST

static const struct {
    const char *text;
    const char *fields; /* "name=value;" for each, decoded; NULL: refused */
} QUERIES[] = {
    {"", ""},
    {"limit=1", "limit=1;"},
    {"limit=%31+2", "limit=1+2;"},
    {"a=1&b=2", "a=1;b=2;"},
    {"a", "a=;"},
    {"a=", "a=;"},
    {"a=b=c", "a=b=c;"},
    {"a=%26&b=%3D", "a=&;b==;"},
    {"a=1&", "a=1;"},
    {"A=1&a=2", "A=1;a=2;"},
    {"a=1&a=2", NULL},
    {"l%69mit=1&limit=2", NULL},
    {"=1", NULL},
    {"&a=1", NULL},
    {"a=1&&b=2", NULL},
    {"a=%", NULL},
    {"%=a", NULL},
    {"a=%00", NULL},
    {"a=%c3", NULL},
    {"%ff=a", NULL},
};
enum { QUERY_COUNT = sizeof QUERIES / sizeof QUERIES[0] };

START_TEST(each_query_is_read_as_the_table_says)
{
    struct arena arena;
    struct http_query query = {.count = 77};
    arena_init(&arena, ARENA_MAX);
    ck_assert_int_eq(http_query_read(strview_of(QUERIES[_i].text), &arena, &query),
                     QUERIES[_i].fields != NULL);
    if (QUERIES[_i].fields == NULL) {
        ck_assert_uint_eq(query.count, 77);
        arena_done(&arena);
        return;
    }
    struct strbuf text;
    strbuf_init(&text, ARENA_MAX);
    for (size_t i = 0; i < query.count; i++) {
        strbuf_printf(&text, "%.*s=%.*s;", STRVIEW_ARG(query.fields[i].name),
                      STRVIEW_ARG(query.fields[i].value));
    }
    ck_assert_str_eq(strbuf_cstr(&text), QUERIES[_i].fields);
    strbuf_done(&text);
    arena_done(&arena);
}
END_TEST

/* "p0=v&p1=v&…" */
static bool read_many(size_t count, size_t arena_max, struct http_query *ret_query)
{
    struct strbuf text;
    struct arena arena;
    strbuf_init(&text, ARENA_MAX);
    arena_init(&arena, arena_max);
    for (size_t i = 0; i < count; i++) {
        strbuf_printf(&text, "p%zu=v&", i);
    }
    const bool is_read = http_query_read(strbuf_view(&text), &arena, ret_query);
    arena_done(&arena);
    strbuf_done(&text);
    return is_read;
}

START_TEST(a_query_has_thirty_two_parameters_at_most)
{
    struct http_query query = {0};
    ck_assert(read_many(HTTP_QUERY_MAX, ARENA_MAX, &query));
    ck_assert_uint_eq(query.count, HTTP_QUERY_MAX);
    ck_assert(!read_many(HTTP_QUERY_MAX + 1, ARENA_MAX, &query));
}
END_TEST

START_TEST(an_arena_without_room_refuses)
{
    struct http_query query = {0};
    struct arena arena;
    struct http_match match = {.params = {STRVIEW("%41")}, .param_count = 1};
    ck_assert(!read_many(1, 16, &query));
    arena_init(&arena, 0);
    ck_assert(!http_match_decode(&match, &arena));
    arena_done(&arena);
}
END_TEST

START_TEST(a_query_is_asked_by_name)
{
    static const char *const BOTH[] = {"a", "b", NULL};
    static const char *const ONE[] = {"a", NULL};
    struct arena arena;
    struct http_query query;
    arena_init(&arena, ARENA_MAX);
    ck_assert(http_query_read(STRVIEW("a=1&b="), &arena, &query));
    ck_assert(strview_is(http_query_value(&query, "a"), "1"));
    ck_assert_ptr_nonnull(http_query_value(&query, "b").data);
    ck_assert_ptr_null(http_query_value(&query, "c").data);
    ck_assert(http_query_has_only(&query, BOTH));
    ck_assert(!http_query_has_only(&query, ONE));
    arena_done(&arena);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("common/io/http_router");
    TCase *routes = tcase_create("routes");
    tcase_add_loop_test(routes, each_path_names_what_the_table_says, 0, PATH_COUNT);
    tcase_add_test(routes, a_match_says_whose_table_it_was_and_what_was_asked);
    tcase_add_test(routes, without_tables_there_is_nothing);
    tcase_add_test_raise_signal(routes, a_ninth_table_aborts, SIGABRT);
    suite_add_tcase(suite, routes);
    TCase *parameters = tcase_create("parameters");
    tcase_add_loop_test(parameters, each_parameter_is_decoded_as_the_table_says, 0, PARAM_COUNT);
    tcase_add_loop_test(parameters, each_query_is_read_as_the_table_says, 0, QUERY_COUNT);
    tcase_add_test(parameters, a_query_has_thirty_two_parameters_at_most);
    tcase_add_test(parameters, an_arena_without_room_refuses);
    tcase_add_test(parameters, a_query_is_asked_by_name);
    suite_add_tcase(suite, parameters);
    return check_main(suite);
}
