/* SPDX-License-Identifier: Apache-2.0 */
#include "common/run/process.h"

#include "common/base/parse.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

/* The field-th number (from 0, parted by blanks) of a file of /proc/self, or 0. */
static double read_number(const char *path, unsigned field)
{
    char text[1024] = "";
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return 0;
    }
    const size_t len = fread(text, 1, sizeof text - 1, file);
    text[len] = '\0';
    (void)fclose(file);
    const char *at = text;
    for (; field > 0 && at != NULL; field--) {
        at = strchr(at, ' ');
        at = at == NULL ? NULL : at + 1;
    }
    int64_t number = 0;
    if (at == NULL || !parse_i64((struct strview){at, strcspn(at, " \n")}, &number)) {
        return 0;
    }
    return (double)number;
}

static double resident_bytes(void)
{
    return read_number("/proc/self/statm", 1) * (double)sysconf(_SC_PAGESIZE);
}

static double open_descriptors(void)
{
    double count = 0;
    DIR *folder = opendir("/proc/self/fd");
    if (folder == NULL) {
        return 0;
    }
    for (const struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        count += entry->d_name[0] == '.' ? 0 : 1;
    }
    (void)closedir(folder);
    return count - 1; /* the folder itself */
}

static double seconds(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static pthread_once_t start_time_once = PTHREAD_ONCE_INIT;
static double start_time;

/* Clock ticks between boot and start; the process's name, field 1, has no blanks in it. Once: by
 * two clocks of which one is set now and then, it would be another each time, and a change is what
 * a restart is told by. */
static void look_at_start_time(void)
{
    struct timespec now = {0};
    struct timespec boot = {0};
    (void)clock_gettime(CLOCK_REALTIME, &now);
    (void)clock_gettime(CLOCK_BOOTTIME, &boot);
    start_time = (double)(now.tv_sec - boot.tv_sec) + (double)(now.tv_nsec - boot.tv_nsec) / 1e9 +
                 read_number("/proc/self/stat", 21) / (double)sysconf(_SC_CLK_TCK);
}

struct process_usage process_usage(void)
{
    struct rusage usage = {0};
    (void)pthread_once(&start_time_once, look_at_start_time);
    (void)getrusage(RUSAGE_SELF, &usage);
    return (struct process_usage){
        .cpu_seconds = seconds(usage.ru_utime) + seconds(usage.ru_stime),
        .resident_bytes = resident_bytes(),
        .open_descriptors = open_descriptors(),
        .start_time = start_time,
    };
}

/* open() gives the lowest number that is free, so those below are taken already. */
void process_keep_standard_descriptors(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) < 0) {
            (void)!open("/dev/null", O_RDWR);
        }
    }
}

size_t process_allow_descriptors(size_t count)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return 0;
    }
    if (limit.rlim_cur < count) {
        const rlim_t before = limit.rlim_cur;
        limit.rlim_cur = limit.rlim_max < count ? limit.rlim_max : count;
        limit.rlim_cur = setrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : before;
    }
    return limit.rlim_cur;
}
