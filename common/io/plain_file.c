/* SPDX-License-Identifier: Apache-2.0 */
#include "common/io/plain_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* NULL: it is one. */
static const char *fault_of(int fd)
{
    struct stat about;
    if (fstat(fd, &about) != 0) {
        return strerror(errno);
    }
    return S_ISREG(about.st_mode) ? NULL : "it is no plain file";
}

enum error_kind plain_file_open(const char *path, FILE **ret_file, struct error *err)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    const char *fault = fd < 0 ? strerror(errno) : fault_of(fd);
    FILE *file = fault == NULL ? fdopen(fd, "r") : NULL;
    if (file != NULL) {
        *ret_file = file;
        return ERROR_NONE;
    }
    const enum error_kind kind = error_set(err, ERROR_FATAL, "cannot read %s: %s", path,
                                           fault == NULL ? "no memory to open it" : fault);
    if (fd >= 0) {
        (void)close(fd);
    }
    return kind;
}
