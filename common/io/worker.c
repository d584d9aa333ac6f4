/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/worker.h"

#include "common/base/must.h"

#include <assert.h>
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
    bool is_running;
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

/* From here on all that the thread has written is the loop's. */
static void join(struct worker *worker)
{
    assert(worker->is_running);
    (void)pthread_join(worker->thread, NULL);
    worker->is_running = false;
}

static void on_ended(void *user, bool readable, bool writable)
{
    struct worker *worker = user;
    uint64_t count;
    (void)readable;
    (void)writable;
    if (read(worker->ended_fd, &count, sizeof count) == (ssize_t)sizeof count) {
        join(worker);
        worker->on_end(worker->user); /* starts it again or frees it, maybe */
    }
}

struct worker *worker_new(struct loop *loop, worker_fn *work, loop_callback *on_end, void *user)
{
    struct worker *worker = must_allocate(1, sizeof *worker);
    *worker = (struct worker){.work = work, .on_end = on_end, .user = user};
    worker->ended_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (worker->ended_fd < 0) {
        abort();
    }
    worker->watch = loop_fd_new(loop, worker->ended_fd, on_ended, worker);
    loop_fd_want(worker->watch, true, false);
    return worker;
}

void worker_start(struct worker *worker)
{
    assert(!worker->is_running);
    worker->is_running = true;
    if (pthread_create(&worker->thread, NULL, run, worker) != 0) {
        abort();
    }
}

bool worker_is_running(const struct worker *worker)
{
    return worker->is_running;
}

void worker_free(struct worker *worker)
{
    if (worker == NULL) {
        return;
    }
    if (worker->is_running) {
        join(worker);
    }
    loop_fd_free(worker->watch);
    (void)close(worker->ended_fd);
    free(worker);
}
