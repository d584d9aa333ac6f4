/* SPDX-License-Identifier: Apache-2.0 */
/*
 * replay.c - a fuzz target without libFuzzer: gives it each file of the folder named.
 *
 * Why: what fuzzing once found is tried again in every build, with any compiler.
 */
#include "tests/fuzz/fuzz.h"

#include <dirent.h>

enum { PATH_BYTES = 4096, INPUT_MAX = 1 << 20 };

/* The target gets memory of the very size, so that a sanitizer sees who reads beyond it. */
static void give(const char *path)
{
    static uint8_t bytes[INPUT_MAX];
    FILE *file = fopen(path, "rb");
    EXPECT(file != NULL);
    const size_t len = fread(bytes, 1, sizeof bytes, file);
    EXPECT(ferror(file) == 0 && len < sizeof bytes);
    (void)fclose(file);
    uint8_t *exact = malloc(len);
    EXPECT(exact != NULL || len == 0);
    if (len > 0) {
        memcpy(exact, bytes, len);
    }
    (void)LLVMFuzzerTestOneInput(exact, len);
    free(exact);
}

int main(int argc, char **argv)
{
    EXPECT(argc == 2);
    DIR *folder = opendir(argv[1]);
    EXPECT(folder != NULL);
    size_t count = 0;
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        char path[PATH_BYTES];
        if (entry->d_name[0] != '.') {
            (void)snprintf(path, sizeof path, "%s/%s", argv[1], entry->d_name);
            give(path);
            count++;
        }
    }
    (void)closedir(folder);
    (void)printf("%zu inputs\n", count);
    return count > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
