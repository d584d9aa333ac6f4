/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/worker.h"

#include "common/base/must.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct worker {
    worker_fn *work;
    loop_callback *on_end;
    void *user;
    int ended_fd; /* an eventfd that the thread writes to last */
    struct loop_fd *watch;
    pthread_t thread;
};

static void *run(void *argument)
{
    static const uint64_t ONE = 1;
    const struct worker *worker = argument;
    worker->work(worker->user);
    if (write(worker->ended_fd, &ONE, sizeof ONE) != (ssize_t)sizeof ONE) {
        abort(); /* an eventfd takes a one at any time */
    }
    return NULL;
}

static void on_ended(void *user, bool readable, bool writable)
{
    const struct worker *worker = user;
    (void)readable;
    (void)writable;
    loop_fd_want(worker->watch, false, false);
    worker->on_end(worker->user); /* frees the worker, maybe */
}

struct worker *worker_start(struct loop *loop, worker_fn *work, loop_callback *on_end, void *user)
{
    struct worker *worker = must_allocate(1, sizeof *worker);
    *worker = (struct worker){.work = work, .on_end = on_end, .user = user};
    worker->ended_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (worker->ended_fd < 0) {
        abort();
    }
    worker->watch = loop_fd_new(loop, worker->ended_fd, on_ended, worker);
    loop_fd_want(worker->watch, true, false);
    if (pthread_create(&worker->thread, NULL, run, worker) != 0) {
        abort();
    }
    return worker;
}

void worker_free(struct worker *worker)
{
    if (worker == NULL) {
        return;
    }
    (void)pthread_join(worker->thread, NULL);
    loop_fd_free(worker->watch);
    (void)close(worker->ended_fd);
    free(worker);
}
