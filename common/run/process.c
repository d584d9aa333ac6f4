/* SPDX-License-Identifier: Apache-2.0 */
#include "common/run/process.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static double resident_bytes(void)
{
    uint64_t pages = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (file == NULL) {
        return 0;
    }
    if (fscanf(file, "%*u %" SCNu64, &pages) != 1) {
        pages = 0;
    }
    (void)fclose(file);
    return (double)pages * (double)sysconf(_SC_PAGESIZE);
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

/* From the clock ticks between boot and start. */
static double start_time(void)
{
    static double start;
    struct timespec now = {0};
    struct timespec boot = {0};
    unsigned long long ticks = 0;
    if (start > 0) {
        return start;
    }
    FILE *file = fopen("/proc/self/stat", "re");
    if (file == NULL) {
        return 0;
    }
    /* Field 22; the name in field 2 is ours and has no blanks. */
    const int got = fscanf(file,
                           "%*d %*s %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d "
                           "%*d %*d %*d %*d %llu",
                           &ticks);
    (void)fclose(file);
    if (got != 1 || clock_gettime(CLOCK_REALTIME, &now) != 0 ||
        clock_gettime(CLOCK_BOOTTIME, &boot) != 0) {
        return 0;
    }
    start = (double)(now.tv_sec - boot.tv_sec) + (double)ticks / (double)sysconf(_SC_CLK_TCK);
    return start;
}

struct process_usage process_usage(void)
{
    struct rusage usage = {0};
    (void)getrusage(RUSAGE_SELF, &usage);
    return (struct process_usage){
        .cpu_seconds = seconds(usage.ru_utime) + seconds(usage.ru_stime),
        .resident_bytes = resident_bytes(),
        .open_descriptors = open_descriptors(),
        .start_time = start_time(),
    };
}

enum error_kind process_allow_descriptors(size_t count, struct error *err)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return error_set(err, ERROR_FATAL, "getrlimit: %s", strerror(errno));
    }
    if (limit.rlim_cur >= count) {
        return ERROR_NONE;
    }
    if (limit.rlim_max < count) {
        return error_set(err, ERROR_FATAL,
                         "%zu descriptors are needed, the limit is %" PRIuMAX
                         ": raise it (ulimit -n) or lower LISTEN_MAX_CONNECTIONS",
                         count, (uintmax_t)limit.rlim_max);
    }
    limit.rlim_cur = count;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0) {
        return error_set(err, ERROR_FATAL, "setrlimit: %s", strerror(errno));
    }
    return ERROR_NONE;
}
