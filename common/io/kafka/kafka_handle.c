/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/kafka/kafka_handle.h"

#include "common/base/cleanup.h"
#include "common/io/kafka/kafka_certificate.h"
#include "common/io/loop.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    REASON_MAX = 512,
    HEARTBEAT_MS = 500,
    FIRST_QUESTION_TIMEOUT_MS = 3000,
    QUESTION_TIMEOUT_MS = 200,
    QUESTION_PAUSE_MS = 2000,
    LATE_ANSWER_MS = 5000, /* what comes so soon behind an error may have been under way before */
    /* A peer whose kernel answers nothing is gone after so long; asked after 4 s, each 2 s. */
    SILENT_PEER_MS = 10000,
    KEEPALIVE_IDLE_S = 4,
    KEEPALIVE_EVERY_S = 2,
};

/* For both roles, before the operator's own. A broker that comes back must be found soon. */
static const struct kafka_default COMMON_DEFAULTS[] = {
    {"socket.keepalive.enable", "true"},
    {"reconnect.backoff.ms", "50"},
    {"reconnect.backoff.max.ms", "1000"},
    {"socket.connection.setup.timeout.ms", "10000"}, /* a connect whose packets are dropped */
    {NULL, NULL},
};

static const struct kafka_default COMMON_FIXED[] = {
    {"log.queue", "true"}, /* lines come in rd_kafka_poll's thread, not in librdkafka's */
    {NULL, NULL},
};

static void on_log_line(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
    const struct kafka_handle *handle = rd_kafka_opaque(rk);
    if (handle != NULL && handle->on_log != NULL) {
        handle->on_log(handle->log_user, level, facility, text);
    }
}

static const struct {
    rd_kafka_resp_err_t code;
    enum error_kind kind;
} CODE_KINDS[] = {
    {RD_KAFKA_RESP_ERR__QUEUE_FULL, ERROR_EXHAUSTED},
    {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, ERROR_INVALID},
    {RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE, ERROR_INVALID},
    {RD_KAFKA_RESP_ERR_INVALID_RECORD, ERROR_INVALID},
    {RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, ERROR_NOT_FOUND},
    {RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, ERROR_NOT_FOUND},
    {RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, ERROR_NOT_FOUND},
    {RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET, ERROR_NOT_FOUND},
    {RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE, ERROR_NOT_FOUND},
    {RD_KAFKA_RESP_ERR__FATAL, ERROR_FATAL},
};

/* Which right is missing, as Kafka says only of what kind. It asks for one to the cluster for a
 * producer's number, where one to write to any topic does as well. */
static const struct {
    rd_kafka_resp_err_t code;
    const char *words;
} RIGHTS[] = {
    {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, "our user lacks a right to the topic: "},
    {RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED,
     "our user lacks the right Read to the consumer group: "},
    {RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED,
     "our user lacks the right Write to the topics, or one to the cluster: "},
};

static const char *right_words(rd_kafka_resp_err_t code)
{
    for (size_t i = 0; i < sizeof RIGHTS / sizeof RIGHTS[0]; i++) {
        if (RIGHTS[i].code == code) {
            return RIGHTS[i].words;
        }
    }
    return "";
}

enum error_kind kafka_handle_error(struct error *err, rd_kafka_resp_err_t code, const char *text)
{
    enum error_kind kind = ERROR_TRANSIENT;
    for (size_t i = 0; i < sizeof CODE_KINDS / sizeof CODE_KINDS[0]; i++) {
        if (CODE_KINDS[i].code == code) {
            kind = CODE_KINDS[i].kind;
        }
    }
    char cause[KAFKA_CERTIFICATE_WORDS_MAX];
    const char *said = text != NULL ? text : rd_kafka_err2str(code);
    return error_set(err, kind, "%s%s%s", right_words(code), kafka_certificate_words(said, cause),
                     said);
}

static void on_error(rd_kafka_t *rk, int code, const char *reason, void *opaque)
{
    struct kafka_handle *handle = opaque;
    char fatal_text[REASON_MAX];
    char told[2 * REASON_MAX];
    if (handle == NULL) { /* an instance without a handle asks and sees each error itself */
        return;
    }
    struct error error;
    if (code == RD_KAFKA_RESP_ERR__FATAL) {
        const rd_kafka_resp_err_t cause = rd_kafka_fatal_error(rk, fatal_text, sizeof fatal_text);
        (void)snprintf(told, sizeof told, "%s%s", right_words(cause), fatal_text);
        reason = told;
    }
    (void)kafka_handle_error(&error, (rd_kafka_resp_err_t)code, reason);
    if (error.kind != ERROR_NOT_FOUND) { /* who says that a topic is missing is there */
        handle->is_up = false;
        handle->error_ms = loop_now_ms();
        handle->down = error;
    }
    if (handle->on_error != NULL) {
        handle->on_error(handle->user, &error);
    }
}

static enum error_kind set_all(rd_kafka_conf_t *conf, const struct kafka_default *rows,
                               struct error *err)
{
    char reason[REASON_MAX];
    for (; rows->name != NULL; rows++) {
        if (rd_kafka_conf_set(conf, rows->name, rows->value, reason, sizeof reason) !=
            RD_KAFKA_CONF_OK) {
            return error_set(err, ERROR_FATAL, "Kafka property %s: %s", rows->name, reason);
        }
    }
    return ERROR_NONE;
}

static enum error_kind set_operators(rd_kafka_conf_t *conf, const struct kafka_config *config,
                                     struct error *err)
{
    for (size_t i = 0; i < config->property_count; i++) {
        const struct kafka_default row[] = {
            {config->properties[i].name, config->properties[i].value}, {NULL, NULL}};
        const enum error_kind kind = set_all(conf, row, err);
        if (kind != ERROR_NONE) {
            return kind;
        }
    }
    return ERROR_NONE;
}

/*
 * Packets that are dropped on the way end a connection only by a timeout, and librdkafka's own
 * (socket.timeout.ms) cannot tell a broker that is away from one that is slow: low enough for the
 * first it would cut off the second again and again. The kernels can: a slow broker's still
 * acknowledges. So the sockets are watched by them, and socket.timeout.ms stays at its 60 s.
 */
static int on_socket(int domain, int type, int protocol, void *opaque)
{
    static const struct {
        int level;
        int name;
        int value;
    } OPTIONS[] = {
        {SOL_SOCKET, SO_KEEPALIVE, 1},
        {IPPROTO_TCP, TCP_KEEPIDLE, KEEPALIVE_IDLE_S},
        {IPPROTO_TCP, TCP_KEEPINTVL, KEEPALIVE_EVERY_S},
        {IPPROTO_TCP, TCP_KEEPCNT, (SILENT_PEER_MS / 1000 - KEEPALIVE_IDLE_S) / KEEPALIVE_EVERY_S},
        {IPPROTO_TCP, TCP_USER_TIMEOUT, SILENT_PEER_MS}, /* also of what was sent */
    };
    (void)opaque;
    const int fd = socket(domain, type | SOCK_CLOEXEC, protocol);
    for (size_t i = 0; fd >= 0 && i < sizeof OPTIONS / sizeof OPTIONS[0]; i++) {
        /* Refused: it is as it was without. */
        (void)setsockopt(fd, OPTIONS[i].level, OPTIONS[i].name, &OPTIONS[i].value, sizeof(int));
    }
    return fd;
}

/* The operator may want the system's own times. */
static bool wants_keepalive(const rd_kafka_conf_t *conf)
{
    char value[sizeof "false"] = "";
    size_t size = sizeof value;
    return rd_kafka_conf_get(conf, "socket.keepalive.enable", value, &size) == RD_KAFKA_CONF_OK &&
           strcmp(value, "true") == 0;
}

DEFINE_CLEANUP(rd_kafka_conf_t *, rd_kafka_conf_destroy)

enum error_kind kafka_handle_conf(const struct kafka_config *config,
                                  const struct kafka_default *defaults,
                                  const struct kafka_default *fixed, rd_kafka_conf_t **ret_conf,
                                  struct error *err)
{
    const struct kafka_default named[] = {
        {"bootstrap.servers", config->brokers},
        {"client.id", config->client_id},
        {NULL, NULL},
    };
    CLEANUP(cleanup_rd_kafka_conf_destroy) rd_kafka_conf_t *conf = rd_kafka_conf_new();
    if (set_all(conf, named, err) != ERROR_NONE ||
        set_all(conf, COMMON_DEFAULTS, err) != ERROR_NONE ||
        set_all(conf, defaults, err) != ERROR_NONE ||
        set_operators(conf, config, err) != ERROR_NONE ||
        set_all(conf, COMMON_FIXED, err) != ERROR_NONE || set_all(conf, fixed, err) != ERROR_NONE) {
        return err->kind;
    }
    if (wants_keepalive(conf)) {
        rd_kafka_conf_set_socket_cb(conf, on_socket);
    }
    kafka_certificate_watch(conf);
    rd_kafka_conf_set_log_cb(conf, on_log_line);
    rd_kafka_conf_set_error_cb(conf, on_error);
    *ret_conf = TAKE_PTR(conf);
    return ERROR_NONE;
}

enum error_kind kafka_handle_open(struct kafka_handle *handle, rd_kafka_type_t type,
                                  rd_kafka_conf_t *conf, const struct kafka_config *config,
                                  struct error *err)
{
    char reason[REASON_MAX];
    handle->wake_fd = -1;
    handle->on_log = config->on_log;
    rd_kafka_conf_set_opaque(conf, handle);
    handle->rk = rd_kafka_new(type, conf, reason, sizeof reason);
    if (handle->rk == NULL) {
        rd_kafka_conf_destroy(conf); /* only on success does the instance own it */
        return error_set(err, ERROR_FATAL, "Kafka client: %s", reason);
    }
    (void)rd_kafka_set_log_queue(handle->rk, NULL); /* to the main queue */
    handle->answers = rd_kafka_queue_new(handle->rk);
    (void)error_set(&handle->down, ERROR_TRANSIENT, "no broker of %s has answered yet",
                    config->brokers);
    return ERROR_NONE;
}

/*
 * While a question waits for a broker, librdkafka connects without any pause: each failed attempt
 * wakes the question, which asks for the next one at once (seen: two thirds of a core). So once a
 * broker has been there, questions are short and rare.
 */
static bool may_ask(const struct kafka_handle *handle)
{
    return (!handle->is_up || handle->is_doubted) && !handle->is_asking &&
           (!handle->was_up || loop_now_ms() - handle->asked_ms >= QUESTION_PAUSE_MS);
}

/*
 * The cheapest question any broker answers, even to somebody without rights: the
 * settings of a topic that need not exist. Whatever comes back, somebody is there.
 */
static void ask(struct kafka_handle *handle)
{
    rd_kafka_ConfigResource_t *topic =
        rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, "orderspine-is-anybody-there");
    rd_kafka_AdminOptions_t *options =
        rd_kafka_AdminOptions_new(handle->rk, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
    char reason[REASON_MAX];
    (void)rd_kafka_AdminOptions_set_request_timeout(
        options, handle->was_up && !handle->is_up ? QUESTION_TIMEOUT_MS : FIRST_QUESTION_TIMEOUT_MS,
        reason, sizeof reason);
    rd_kafka_DescribeConfigs(handle->rk, &topic, 1, options, handle->answers);
    rd_kafka_AdminOptions_destroy(options);
    rd_kafka_ConfigResource_destroy(topic);
    handle->is_asking = true;
    handle->asked_ms = loop_now_ms();
}

static void poll_answer(struct kafka_handle *handle)
{
    rd_kafka_event_t *event = rd_kafka_queue_poll(handle->answers, 0);
    if (event == NULL) {
        return;
    }
    handle->is_asking = false;
    if (rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR_NO_ERROR) {
        kafka_handle_is_alive(handle);
    } else if (handle->is_doubted) {
        handle->is_up = handle->is_doubted = false;
        (void)kafka_handle_error(&handle->down, rd_kafka_event_error(event),
                                 rd_kafka_event_error_string(event));
    }
    rd_kafka_event_destroy(event);
}

static void on_heartbeat(void *user)
{
    struct kafka_handle *handle = user;
    poll_answer(handle);
    if (may_ask(handle)) {
        ask(handle);
    }
    loop_timer_start(handle->heartbeat, HEARTBEAT_MS);
    handle->on_serve(handle->user); /* last: the adapter may free the handle in it */
}

static void on_wake(void *user, bool readable, bool writable)
{
    struct kafka_handle *handle = user;
    uint64_t count;
    (void)readable;
    (void)writable;
    if (read(handle->wake_fd, &count, sizeof count) == (ssize_t)sizeof count) {
        handle->on_serve(handle->user);
    }
}

void kafka_handle_watch(struct kafka_handle *handle, struct loop *loop, rd_kafka_queue_t *queue)
{
    static const uint64_t ONE = 1;
    handle->queue = queue;
    handle->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (handle->wake_fd < 0) {
        abort(); /* as the loop: without a descriptor at start there is nothing to decide */
    }
    handle->watch = loop_fd_new(loop, handle->wake_fd, on_wake, handle);
    loop_fd_want(handle->watch, true, false);
    rd_kafka_queue_io_event_enable(queue, handle->wake_fd, &ONE, sizeof ONE);
    handle->heartbeat = loop_timer_new(loop, on_heartbeat, handle);
    loop_timer_start(handle->heartbeat, 0);
}

void kafka_handle_close(struct kafka_handle *handle)
{
    if (handle->heartbeat != NULL) {
        loop_timer_free(handle->heartbeat);
        loop_fd_free(handle->watch);
    }
    if (handle->queue != NULL) {
        rd_kafka_queue_io_event_enable(handle->queue, -1, NULL, 0);
        rd_kafka_queue_destroy(handle->queue);
    }
    if (handle->answers != NULL) {
        rd_kafka_queue_destroy(handle->answers);
    }
    if (handle->rk != NULL) {
        rd_kafka_destroy_flags(handle->rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    }
    if (handle->wake_fd >= 0) {
        (void)close(handle->wake_fd);
    }
    *handle = (struct kafka_handle){.wake_fd = -1};
}

void kafka_handle_is_alive(struct kafka_handle *handle)
{
    handle->is_up = true;
    handle->was_up = true;
    handle->is_doubted = false;
    handle->heard_ms = loop_now_ms();
}

void kafka_handle_doubt(struct kafka_handle *handle)
{
    handle->is_doubted = handle->is_up && handle->error_ms > 0 &&
                         handle->error_ms + LATE_ANSWER_MS >= handle->heard_ms;
}

enum error_kind kafka_handle_state(const struct kafka_handle *handle, struct error *err)
{
    if (handle->is_up) {
        return ERROR_NONE;
    }
    *err = handle->down;
    return err->kind == ERROR_NONE ? ERROR_TRANSIENT : err->kind;
}

/* By offsets, so that a record that nobody may read yet counts, too. */
enum error_kind kafka_handle_check_empty(rd_kafka_t *rk, const char *topic, int partitions,
                                         struct error *err)
{
    enum { ANSWER_MS = 3000 };
    for (int i = 0; i < partitions; i++) {
        int64_t first;
        int64_t beyond;
        const rd_kafka_resp_err_t code =
            rd_kafka_query_watermark_offsets(rk, topic, i, &first, &beyond, ANSWER_MS);
        if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
            return error_set(err, ERROR_TRANSIENT, "%s/%d: %s", topic, i, rd_kafka_err2str(code));
        }
        if (beyond > first) {
            return error_set(err, ERROR_CONFLICT, "topic %s holds records already", topic);
        }
    }
    return ERROR_NONE;
}
