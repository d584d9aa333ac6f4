/* SPDX-License-Identifier: Apache-2.0 */
/* `relay-svc replay`: what was published, once more, to topics of its own. */
#include "common/base/cleanup.h"
#include "common/base/parse.h"
#include "common/base/strbuf.h"
#include "common/contract/json_writer.h"
#include "common/contract/shard.h"
#include "common/io/loop.h"
#include "common/io/postgres/pgsession.h"
#include "common/run/kafka_setup.h"
#include "common/run/log.h"
#include "common/run/service.h"
#include "relay-svc/app.h"
#include "relay-svc/operator.h"
#include "relay-svc/outbox/operator_sql.h"
#include "relay-svc/replay/replaying.h"
#include "relay-svc/settings.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    REPORT_MAX = 16 << 10,
    BAR_LEN = 30,
    LINE_EVERY_MS = 10000, /* where nobody watches */
    MS_PER_S = 1000,
    PER_CENT = 10,
};

struct errand {
    const struct service_call *call;
    struct relay_names names;
    const char *topics[SHARD_TOPICS_MAX];
    const char *types[SHARD_TOPICS_MAX];
    int topic_count;
    struct replay_bound from;
    struct replay_bound to;
    bool as_json;
    bool appends;
    int64_t whole_from; /* the seq from which on the outbox must have every row */
    struct replay_range ranges[SHARDS_MAX];
    int shard_count;
    int64_t began_ms;
    int64_t told_ms;
};

DEFINE_CLEANUP(struct pgsession *, pgsession_close)

static int refuse(const struct errand *errand, const char *topic, const char *why)
{
    (void)service_fail(errand->call, "%.*s %s", TOPIC_NAME_MAX, topic, why);
    return SERVICE_MISUSED;
}

/* --- the command line -------------------------------------------------------------------- */

static bool read_arguments(struct errand *errand)
{
    const struct service_call *call = errand->call;
    for (int i = 1; i < call->argc; i++) {
        const char *name = call->argv[i];
        if (strcmp(name, "--append") == 0) {
            errand->appends = true;
            continue;
        }
        if (++i == call->argc) {
            return false;
        }
        const char *value = call->argv[i];
        if (strcmp(name, "--topic") == 0 && errand->topic_count < SHARD_TOPICS_MAX) {
            errand->topics[errand->topic_count++] = value;
        } else if (strcmp(name, "-o") == 0 && strcmp(value, "json") == 0) {
            errand->as_json = true;
        } else if (!(strcmp(name, "--from") == 0 && replay_bound_parse(value, &errand->from)) &&
                   !(strcmp(name, "--to") == 0 && replay_bound_parse(value, &errand->to))) {
            return false;
        }
    }
    return errand->topic_count > 0;
}

/* Each is to get the events of a type of its own, and is nobody's yet. */
static int find_types(struct errand *errand)
{
    const struct relay_names *names = &errand->names;
    for (int i = 0; i < errand->topic_count; i++) {
        const char *topic = errand->topics[i];
        const int type = topic_type_of(topic, names->type_list, names->count);
        if (type < 0) {
            return refuse(errand, topic,
                          "is no topic's name that ends with a type of AGGREGATE_TYPES and "
                          ".events, nothing or a dot before it");
        }
        errand->types[i] = names->type_list[type];
        if (strcmp(topic, names->topic_list[type]) == 0) {
            return refuse(errand, topic, "is the topic that relay-svc publishes to; take another");
        }
        for (int j = 0; j < i; j++) {
            if (errand->types[j] == errand->types[i]) {
                return refuse(errand, topic, "is one topic more for the same aggregate type");
            }
        }
    }
    return SERVICE_OK;
}

/* --- what there is ------------------------------------------------------------------------- */

static const char *number_of(const struct replay_bound *bound, bool is_time,
                             char out[static NUMBER_TEXT_SIZE])
{
    return bound->is_set && bound->is_time == is_time ? format_i64(bound->value, out) : NULL;
}

static int check_topics(const struct errand *errand, struct pgsession *session)
{
    struct error err;
    for (int i = 0; i < errand->topic_count; i++) {
        struct strview use;
        const char *const params[] = {errand->topics[i], errand->types[i]};
        if (pgsession_ask(session, OPERATOR_SQL_IN_USE, params, 2, &use, &err) != ERROR_NONE) {
            return service_fail(errand->call, "%s", err.text);
        }
        if (use.data != NULL) {
            return refuse(errand, errand->topics[i],
                          "is or was a topic that relay-svc publishes to; take another");
        }
    }
    return SERVICE_OK;
}

static bool take_number(struct strview *rest, int64_t *ret)
{
    return parse_i64(strview_take(rest, ' '), ret);
}

/* As OPERATOR_SQL_RANGES tells it: where it begins, then two numbers for each shard. */
static bool take_ranges(struct errand *errand, struct strview rest)
{
    bool is_sound = take_number(&rest, &errand->whole_from);
    while (is_sound && rest.len > 0 && errand->shard_count < SHARDS_MAX) {
        struct replay_range *range = &errand->ranges[errand->shard_count++];
        is_sound = take_number(&rest, &range->after) && take_number(&rest, &range->upto) &&
                   range->after <= range->upto;
    }
    return is_sound && errand->shard_count > 0 && rest.len == 0;
}

static int find_ranges(struct errand *errand, struct pgsession *session)
{
    char texts[4][NUMBER_TEXT_SIZE];
    struct error err;
    struct strview ranges;
    const char *const params[] = {
        number_of(&errand->from, false, texts[0]), number_of(&errand->to, false, texts[1]),
        number_of(&errand->from, true, texts[2]), number_of(&errand->to, true, texts[3])};
    if (pgsession_run(session, "SET enable_seqscan = off; SET enable_sort = off; SET jit = off",
                      &err) != ERROR_NONE ||
        pgsession_ask(session, OPERATOR_SQL_RANGES, params, 4, &ranges, &err) != ERROR_NONE) {
        return service_fail(errand->call, "%s", err.text);
    }
    return take_ranges(errand, ranges) ? SERVICE_OK
                                       : service_fail(errand->call, "the database has no shards");
}

/* Before, and once more behind it: a partition may have been dropped meanwhile. */
static int check_whole(const struct errand *errand, struct pgsession *session)
{
    const char *const params[] = {NUMBER_TEXT(errand->whole_from)};
    struct error err;
    struct strview first;
    if (pgsession_ask(session, OPERATOR_SQL_FIRST_WHOLE, params, 1, &first, &err) != ERROR_NONE) {
        return service_fail(errand->call, "%s", err.text);
    }
    if (first.data == NULL) {
        return SERVICE_OK;
    }
    (void)service_fail(errand->call,
                       "the outbox has dropped rows before seq %.*s; what is left: --from %.*s",
                       STRVIEW_ARG(first), STRVIEW_ARG(first));
    return SERVICE_MISUSED;
}

static struct pgsession *look(struct errand *errand, int *ret_code)
{
    struct pgsession *session = operator_open(errand->call, ret_code);
    if (session == NULL) {
        return NULL;
    }
    *ret_code = check_topics(errand, session);
    *ret_code = *ret_code == SERVICE_OK ? find_ranges(errand, session) : *ret_code;
    *ret_code = *ret_code == SERVICE_OK ? check_whole(errand, session) : *ret_code;
    return session;
}

/* --- telling --------------------------------------------------------------------------------- */

static void on_progress(void *user, const struct replay *replay, const char *trouble)
{
    static const char BAR[] = "##############################";
    struct errand *errand = user;
    const int64_t now_ms = loop_now_ms();
    const int64_t took_ms = now_ms - errand->began_ms;
    const int permille = replay_permille(replay);
    const int bar = permille * BAR_LEN / MS_PER_S;
    const int64_t rate = took_ms > 0 ? replay->acknowledged * MS_PER_S / took_ms : 0;
    static_assert(sizeof BAR - 1 == BAR_LEN, "it is full");
    if (isatty(STDERR_FILENO)) {
        (void)fprintf(stderr, "\r\033[K[%-*.*s] %d.%d %%, %" PRId64 " events, %" PRId64 "/s%s%.60s",
                      BAR_LEN, bar, BAR, permille / PER_CENT, permille % PER_CENT,
                      replay->acknowledged, rate, trouble[0] == '\0' ? "" : "; ", trouble);
    } else if (now_ms - errand->told_ms >= LINE_EVERY_MS) {
        errand->told_ms = now_ms;
        (void)fprintf(stderr, "%d.%d %%, %" PRId64 " events, %" PRId64 "/s%s%s\n",
                      permille / PER_CENT, permille % PER_CENT, replay->acknowledged, rate,
                      trouble[0] == '\0' ? "" : "; ", trouble);
    }
}

/* err: NULL where all went well. */
static bool write_report(const struct errand *errand, const struct replaying_result *result,
                         const struct error *err, struct strbuf *out)
{
    struct json_writer writer = JSON_WRITER(out);
    writer.mends = true;
    json_open_object(&writer);
    json_open_member_array(&writer, "topics");
    for (int i = 0; i < errand->topic_count; i++) {
        json_put_string(&writer, strview_of(errand->topics[i]));
    }
    json_close_array(&writer);
    json_put_member_integer(&writer, "events", result->events);
    json_put_member_bool(&writer, "done", result->rest == 0);
    json_put_member_nonzero(&writer, "go_on_from", result->rest);
    if (err != NULL) {
        json_open_member_array(&writer, "faults");
        json_put_string(&writer, strview_of(err->text));
        json_close_array(&writer);
    }
    json_close_object(&writer);
    return json_writer_done(&writer) && strbuf_ok(out);
}

static void report(const struct errand *errand, const struct replaying_result *result,
                   const struct error *err)
{
    CLEANUP(strbuf_done) struct strbuf out = STRBUF(REPORT_MAX);
    if (isatty(STDERR_FILENO)) {
        (void)fputc('\n', stderr);
    }
    if (!errand->as_json) {
        (void)printf("%" PRId64 " events were published\n", result->events);
    } else if (write_report(errand, result, err, &out)) {
        (void)printf("%s\n", strbuf_cstr(&out));
    }
}

/* What was on its way when it ended comes twice then, with the ids that it had. */
static int tell_rest(const struct replaying_result *result, const struct error *err)
{
    const bool has_begun = result->events > 0 || err->kind != ERROR_FATAL;
    (void)fprintf(stderr, "relay-svc replay: %s", err->text);
    if (has_begun) {
        (void)fprintf(stderr, "; to go on: the same with --append --from %" PRId64, result->rest);
    }
    (void)fputc('\n', stderr);
    return err->kind == ERROR_FATAL ? SERVICE_MISUSED : SERVICE_FAILED;
}

/* --- all of it ---------------------------------------------------------------------------------
 */

static int run(struct errand *errand)
{
    const struct relay_settings *settings = errand->call->values;
    struct replaying_result result;
    struct error err;
    struct kafka_config kafka =
        kafka_setup_config(errand->call->settings, settings->kafka_brokers, "relay-svc replay");
    kafka.on_log = kafka_setup_log;
    const struct replaying_options options = {
        .database_url = settings->database_url,
        .kafka = kafka,
        .topics = errand->topics,
        .types = errand->types,
        .topic_count = errand->topic_count,
        .appends = errand->appends,
        .replication = (int)settings->topic_replication,
        .ranges = errand->ranges,
        .shard_count = errand->shard_count,
        .on_progress = on_progress,
        .user = errand,
    };
    log_setup("relay-svc", LOG_WARN);
    errand->began_ms = loop_now_ms();
    errand->told_ms = errand->began_ms;
    const enum error_kind kind = replaying_run(&options, &result, &err);
    report(errand, &result, kind == ERROR_NONE ? NULL : &err);
    return kind == ERROR_NONE ? SERVICE_OK : tell_rest(&result, &err);
}

int app_replay(const struct service_call *call)
{
    static struct errand errand; /* rather large */
    struct error err;
    int code = SERVICE_OK;
    errand.call = call;
    if (!read_arguments(&errand)) {
        return service_misuse(call);
    }
    if (relay_names_make(call->values, &errand.names, &err) != ERROR_NONE) {
        return service_fail(call, "%s", err.text);
    }
    code = find_types(&errand);
    if (code != SERVICE_OK) {
        return code;
    }
    pgsession_close(look(&errand, &code));
    code = code == SERVICE_OK ? run(&errand) : code;
    if (code != SERVICE_OK) {
        return code;
    }
    CLEANUP(cleanup_pgsession_close) struct pgsession *session = operator_open(call, &code);
    return session == NULL ? code : check_whole(&errand, session);
}
