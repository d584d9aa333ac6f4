/* SPDX-License-Identifier: Apache-2.0 */
#include "common/run/settings_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { FILE_MAX = 65536 };

/* Reads until the end: a pipe hands a text over in pieces. -1 with errno, else at most size. */
static ssize_t read_all(const char *path, char *bytes, size_t size)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t len = 0;
    ssize_t got = fd < 0 ? -1 : 1;
    while (got > 0 && len < size) {
        got = read(fd, bytes + len, size - len);
        len += got > 0 ? (size_t)got : 0;
        got = got < 0 && errno == EINTR ? 1 : got;
    }
    const int reason = errno;
    if (fd >= 0) {
        (void)close(fd);
    }
    errno = reason;
    return got < 0 ? -1 : (ssize_t)len;
}

/* Editors and `echo` end a file with line ends, some with blanks; no secret of ours ends so. */
static struct strview without_blanks_behind(struct strview text)
{
    while (text.len > 0 && strchr(" \t\r\n", text.data[text.len - 1]) != NULL) {
        text.len--;
    }
    return text;
}

/* Somebody may have put the secret itself where its file should be named. */
static const char *shown_path(const char *path)
{
    return path[0] == '/' || path[0] == '.' ? path : "***";
}

const char *settings_read_file(struct settings *settings, const char *name, const char *path)
{
    char bytes[FILE_MAX];
    const ssize_t len = read_all(path, bytes, sizeof bytes);
    if (len < 0) {
        settings_add_fault(settings, "%s_FILE: cannot read %s: %s", name, shown_path(path),
                           strerror(errno));
        return NULL;
    }
    /* A NUL is looked for first: strchr() takes it for a blank. */
    const bool has_nul = memchr(bytes, '\0', (size_t)len) != NULL;
    const struct strview text =
        has_nul ? (struct strview){.data = bytes}
                : without_blanks_behind((struct strview){.data = bytes, .len = (size_t)len});
    if (text.len == 0 || (size_t)len == sizeof bytes) {
        settings_add_fault(settings, "%s_FILE: %s is empty, too long or holds a NUL", name,
                           shown_path(path));
        return NULL;
    }
    return settings_keep(settings, text);
}
