/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/resolver.h"

#include "common/base/must.h"
#include "common/io/loop.h"

#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum { STACK_BYTES = 256 << 10 }; /* name service modules are not modest */

/* What thread and loop share. Whoever lets it go last frees it. */
struct lookup {
    atomic_int owners;
    atomic_bool is_over; /* found and failure are complete */
    int bell;            /* an eventfd the thread rings */
    char *host;
    struct resolver_addresses found;
    struct error failure;
};

struct resolver {
    struct lookup *lookup;
    struct loop_fd *watch;
    struct loop_deferred *at_once; /* instead of the bell, when there is no thread */
    resolver_fn *on_end;
    void *user;
};

static void release(struct lookup *lookup)
{
    if (atomic_fetch_sub(&lookup->owners, 1) != 1) {
        return;
    }
    if (lookup->bell >= 0) {
        (void)close(lookup->bell);
    }
    free(lookup->host);
    free(lookup);
}

/* ---- in the thread, or for a numeric address on the loop --------------------------------------
 */

static void copy_addresses(struct lookup *lookup, const struct addrinfo *list)
{
    struct resolver_addresses *found = &lookup->found;
    for (const struct addrinfo *at = list; at != NULL && found->count < RESOLVER_ADDRESSES_MAX;
         at = at->ai_next) {
        if (getnameinfo(at->ai_addr, at->ai_addrlen, found->texts[found->count],
                        RESOLVER_ADDRESS_LEN, NULL, 0, NI_NUMERICHOST) == 0) {
            found->count++;
        }
    }
    if (found->count == 0) {
        (void)error_set(&lookup->failure, ERROR_NOT_FOUND, "the host's name has no address");
    }
}

static bool is_no_such_name(int code)
{
    return code == EAI_NONAME || code == EAI_NODATA;
}

static void look_up(struct lookup *lookup, int flags)
{
    const struct addrinfo hints = {
        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = flags};
    struct addrinfo *list = NULL;
    const int code = getaddrinfo(lookup->host, NULL, &hints, &list);
    if (code == 0) {
        copy_addresses(lookup, list);
        freeaddrinfo(list);
        return;
    }
    (void)error_set(&lookup->failure, is_no_such_name(code) ? ERROR_NOT_FOUND : ERROR_TRANSIENT,
                    "the host's name cannot be looked up: %s",
                    code == EAI_SYSTEM ? strerror(errno) : gai_strerror(code));
}

static void *run(void *shared)
{
    struct lookup *lookup = shared;
    look_up(lookup, 0);
    atomic_store(&lookup->is_over, true);
    const uint64_t one = 1;
    (void)!write(lookup->bell, &one, sizeof one);
    release(lookup);
    return NULL;
}

/* Signals are the loop's: the thread blocks them all. */
static bool start_thread(struct lookup *lookup)
{
    pthread_attr_t attributes;
    sigset_t all;
    sigset_t before;
    pthread_t thread;
    (void)sigfillset(&all);
    if (pthread_attr_init(&attributes) != 0) {
        return false;
    }
    (void)pthread_attr_setstacksize(&attributes, STACK_BYTES);
    (void)pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    atomic_store(&lookup->owners, 2);
    const bool ok = pthread_create(&thread, &attributes, run, lookup) == 0;
    if (!ok) {
        atomic_store(&lookup->owners, 1);
    }
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    (void)pthread_attr_destroy(&attributes);
    return ok;
}

/* ---- on the loop -------------------------------------------------------------------------------
 */

static void on_over(void *user)
{
    const struct resolver *resolver = user;
    const struct lookup *lookup = resolver->lookup;
    const bool is_found = lookup->failure.kind == ERROR_NONE;
    resolver->on_end(resolver->user, is_found ? &lookup->found : NULL,
                     is_found ? NULL : &lookup->failure); /* frees the resolver, maybe */
}

static void on_bell(void *user, bool readable, bool writable)
{
    const struct resolver *resolver = user;
    (void)readable;
    (void)writable;
    if (atomic_load(&resolver->lookup->is_over)) {
        loop_fd_want(resolver->watch, false, false);
        on_over(user);
    }
}

static struct lookup *lookup_new(const char *host)
{
    struct lookup *lookup = must_allocate(1, sizeof *lookup);
    lookup->host = strdup(host);
    if (lookup->host == NULL) {
        abort(); /* a few hundred bytes: nothing sensible is left to do */
    }
    atomic_init(&lookup->owners, 1);
    lookup->bell = -1;
    return lookup;
}

static bool start_in_background(struct resolver *resolver)
{
    struct lookup *lookup = resolver->lookup;
    lookup->failure = (struct error){.kind = ERROR_NONE};
    lookup->bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (lookup->bell < 0 || !start_thread(lookup)) {
        (void)error_set(&lookup->failure, ERROR_TRANSIENT,
                        "the host's name cannot be looked up: no thread for it");
        return false;
    }
    return true;
}

struct resolver *resolver_start(struct loop *loop, const char *host, resolver_fn *on_end,
                                void *user)
{
    struct resolver *resolver = must_allocate(1, sizeof *resolver);
    *resolver = (struct resolver){.lookup = lookup_new(host), .on_end = on_end, .user = user};
    look_up(resolver->lookup, AI_NUMERICHOST);
    if (resolver->lookup->found.count == 0 && start_in_background(resolver)) {
        resolver->watch = loop_fd_new(loop, resolver->lookup->bell, on_bell, resolver);
        loop_fd_want(resolver->watch, true, false);
        return resolver;
    }
    resolver->at_once = loop_deferred_new(loop, on_over, resolver);
    loop_deferred_schedule(resolver->at_once);
    return resolver;
}

void resolver_free(struct resolver *resolver)
{
    if (resolver == NULL) {
        return;
    }
    loop_fd_free(resolver->watch);
    loop_deferred_free(resolver->at_once);
    release(resolver->lookup);
    free(resolver);
}
