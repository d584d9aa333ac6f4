/* SPDX-License-Identifier: Apache-2.0 */
#include "common/run/notify.h"

#include "common/base/must.h"
#include "common/base/parse.h"
#include "common/io/loop.h"
#include "common/run/log.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { SIGNS_IN_TIME = 3 };

struct notify {
    int fd; /* -1: nobody wants to know */
    struct sockaddr_un address;
    socklen_t address_len;
    int64_t pause_ms; /* between signs of life; 0: none */
    struct loop_timer *timer;
};

static void say(const struct notify *notify, const char *state)
{
    const ssize_t sent =
        notify->fd < 0 ? 0
                       : sendto(notify->fd, state, strlen(state), MSG_NOSIGNAL,
                                (const struct sockaddr *)&notify->address, notify->address_len);
    if (sent < 0) {
        log_event(LOG_WARN, "notify_failed", LOG_STR("state", state), LOG_TEXT(strerror(errno)));
    }
}

static void on_time(void *user)
{
    struct notify *notify = user;
    say(notify, "WATCHDOG=1");
    loop_timer_start(notify->timer, notify->pause_ms);
}

/* A path, or with @ a name that is no file. */
static void find_socket(struct notify *notify)
{
    const char *name = getenv("NOTIFY_SOCKET");
    const size_t len = name == NULL ? 0 : strlen(name);
    if (len < 2 || len >= sizeof notify->address.sun_path || (name[0] != '/' && name[0] != '@')) {
        return;
    }
    notify->address.sun_family = AF_UNIX;
    memcpy(notify->address.sun_path, name, len);
    if (name[0] == '@') {
        notify->address.sun_path[0] = '\0';
    }
    notify->address_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
    notify->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

static int64_t pause_ms(void)
{
    const char *limit = getenv("WATCHDOG_USEC");
    const char *pid = getenv("WATCHDOG_PID");
    int64_t limit_us;
    int64_t wanted;
    if (limit == NULL || !parse_i64(strview_of(limit), &limit_us) || limit_us <= 0) {
        return 0;
    }
    if (pid != NULL && (!parse_i64(strview_of(pid), &wanted) || wanted != getpid())) {
        return 0; /* somebody else is watched */
    }
    const int64_t pause = limit_us / 1000 / SIGNS_IN_TIME;
    return pause < 1 ? 1 : pause;
}

struct notify *notify_new(struct loop *loop)
{
    struct notify *notify = must_allocate(1, sizeof *notify);
    *notify = (struct notify){.fd = -1, .timer = loop_timer_new(loop, on_time, notify)};
    find_socket(notify);
    notify->pause_ms = notify->fd < 0 ? 0 : pause_ms();
    return notify;
}

void notify_free(struct notify *notify)
{
    if (notify == NULL) {
        return;
    }
    loop_timer_free(notify->timer);
    if (notify->fd >= 0) {
        (void)close(notify->fd);
    }
    free(notify);
}

void notify_ready(struct notify *notify)
{
    say(notify, "READY=1");
    if (notify->pause_ms > 0) {
        on_time(notify);
    }
}

void notify_stopping(struct notify *notify)
{
    say(notify, "STOPPING=1");
}
