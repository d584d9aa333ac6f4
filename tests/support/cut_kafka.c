/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loaded before a service (LD_PRELOAD): while the file CUT_FILE exists, its connections to the
 * port CUT_PORT fail, those there are and new ones. Everything else goes on.
 */
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* glibc takes any kind of address here, by a union that ISO C does not know. */
#pragma GCC diagnostic ignored "-Wpedantic"

static bool is_cut(const struct sockaddr *address)
{
    const char *file = getenv("CUT_FILE");
    const char *port = getenv("CUT_PORT");
    /* the family tells what it is; the copy in sockaddr_in is how the API is meant */
    const struct sockaddr_in *in = (const void *)address;
    char text[8];
    if (file == NULL || port == NULL || address->sa_family != AF_INET) {
        return false;
    }
    (void)snprintf(text, sizeof text, "%u", ntohs(in->sin_port));
    return strcmp(text, port) == 0 && access(file, F_OK) == 0;
}

static bool is_peer_cut(int fd)
{
    struct sockaddr_storage peer = {.ss_family = AF_UNSPEC};
    socklen_t len = sizeof peer;
    const int saved = errno;
    const bool is_known = getpeername(fd, (struct sockaddr *)&peer, &len) == 0;
    errno = saved;
    return is_known && is_cut((const struct sockaddr *)&peer);
}

/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name): its own is not ours */
int connect(int fd, const struct sockaddr *address, socklen_t len)
{
    int (*real)(int, const struct sockaddr *, socklen_t);
    *(void **)&real = dlsym(RTLD_NEXT, "connect");
    if (is_cut(address)) {
        errno = ECONNREFUSED;
        return -1;
    }
    return real(fd, address, len);
}

/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name): its own is not ours */
ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
    ssize_t (*real)(int, const struct msghdr *, int);
    *(void **)&real = dlsym(RTLD_NEXT, "sendmsg");
    if (is_peer_cut(fd)) {
        errno = ECONNRESET;
        return -1;
    }
    return real(fd, message, flags);
}

/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name): its own is not ours */
ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
    ssize_t (*real)(int, struct msghdr *, int);
    *(void **)&real = dlsym(RTLD_NEXT, "recvmsg");
    if (is_peer_cut(fd)) {
        errno = ECONNRESET;
        return -1;
    }
    return real(fd, message, flags);
}
