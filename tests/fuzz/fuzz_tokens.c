/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tokens file:
 *   - it is accepted exactly when each of its lines is a comment, blank, or a token, said again
 *     here by a second reader;
 *   - whoever is listed is found with that role and subject, and nobody else.
 */
#include "common/base/utf8.h"
#include "common/run/auth.h"
#include "common/run/settings.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { WORDS_MAX = 3, HASHES_MAX = 4096 };

/* The tokens a file may list here, and their SHA-256. */
static const struct {
    const char *token;
    const char *hash;
} KNOWN[] = {
    {"alpha", "8ed3f6ad685b959ead7022518e1af76cd816f8e8ec7ccdda1ed4018e8f2223f8"},
    {"beta", "f44e64e75f3948e9f73f8dfa94721c4ce8cbb4f265c4790c702b2d41cfbf2753"},
};
enum { KNOWN_COUNT = sizeof KNOWN / sizeof KNOWN[0] };

static const char *const ROLES[] = {"customer", "agent", "payment", "fulfilment", "operator"};

struct listed {
    struct strview role; /* data NULL: not listed */
    struct strview subject;
};

struct reading {
    bool is_good;
    size_t count;
    struct strview hashes[HASHES_MAX];
    struct listed known[KNOWN_COUNT];
};

static bool is_made_of(struct strview text, const char *alphabet)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] == '\0' || strchr(alphabet, text.data[i]) == NULL) {
            return false;
        }
    }
    return true;
}

/* How many words the line has; only the first three are kept. */
static size_t split(struct strview line, struct strview words[static WORDS_MAX])
{
    size_t count = 0;
    for (size_t at = 0; at < line.len;) {
        size_t end = at;
        while (end < line.len && line.data[end] != ' ' && line.data[end] != '\t') {
            end++;
        }
        if (end > at && count++ < WORDS_MAX) {
            words[count - 1] = (struct strview){line.data + at, end - at};
        }
        at = end + 1;
    }
    return count;
}

static bool is_role(struct strview word)
{
    bool is_known = false;
    for (size_t i = 0; i < sizeof ROLES / sizeof ROLES[0]; i++) {
        is_known = is_known || strview_is(word, ROLES[i]);
    }
    return is_known;
}

static bool is_subject(struct strview word)
{
    return word.len <= 64 && !is_made_of(word, "._-") &&
           is_made_of(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                            "0123456789._-");
}

static bool is_token(const struct strview words[static WORDS_MAX], size_t count)
{
    return count == 3 && words[0].len == 64 && is_made_of(words[0], "0123456789abcdef") &&
           is_role(words[1]) && is_subject(words[2]);
}

/* Remembers the hash; false when it was there before. */
static bool is_new(struct reading *reading, struct strview hash)
{
    for (size_t i = 0; i < reading->count; i++) {
        if (strview_equal(reading->hashes[i], hash)) {
            return false;
        }
    }
    EXPECT(reading->count < HASHES_MAX);
    reading->hashes[reading->count++] = hash;
    return true;
}

static void read_line(struct reading *reading, struct strview line)
{
    struct strview words[WORDS_MAX] = {{0}};
    if (line.len > 0 && line.data[line.len - 1] == '\r') {
        line.len--;
    }
    const size_t count = split(line, words);
    if (count == 0 || words[0].data[0] == '#') {
        return;
    }
    if (!is_token(words, count) || !is_new(reading, words[0])) {
        reading->is_good = false;
        return;
    }
    for (size_t i = 0; i < KNOWN_COUNT; i++) {
        if (strview_is(words[0], KNOWN[i].hash)) {
            reading->known[i] = (struct listed){words[1], words[2]};
        }
    }
}

static void read_tokens(struct strview file, struct reading *ret)
{
    *ret = (struct reading){.is_good = true};
    while (file.len > 0) {
        read_line(ret, strview_take(&file, '\n'));
    }
    ret->is_good = ret->is_good && ret->count > 0;
}

static void check_lookups(const struct auth *auth, const struct reading *reading)
{
    for (size_t i = 0; i < KNOWN_COUNT; i++) {
        const struct listed *listed = &reading->known[i];
        const struct principal *found = auth_lookup(auth, strview_of(KNOWN[i].token));
        EXPECT((found == NULL) == (listed->role.data == NULL));
        if (found != NULL) {
            EXPECT(strview_is(listed->role, role_name(found->role)));
            EXPECT(strview_is(listed->subject, found->subject));
            EXPECT(!found->is_anyone);
        }
    }
    EXPECT(auth_lookup(auth, STRVIEW("")) == NULL);
    EXPECT(auth_lookup(auth, strview_of(KNOWN[0].hash)) == NULL);
}

/* A file without a place in the file system; its path is one for this process only. */
static const char *file_with(struct strview bytes)
{
    static int fd = -1;
    static char path[64];
    if (fd < 0) {
        fd = memfd_create("tokens", 0);
        (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    }
    EXPECT(ftruncate(fd, 0) == 0);
    EXPECT(pwrite(fd, bytes.data, bytes.len, 0) == (ssize_t)bytes.len);
    return path;
}

/* NOLINTNEXTLINE(readability-identifier-naming) */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct strview bytes = fuzz_view(data, size);
    const struct common_settings common = {.auth = AUTH_TOKENS,
                                           .auth_tokens_file = file_with(bytes)};
    static struct reading reading;
    read_tokens(bytes, &reading);
    struct auth *auth = NULL;
    struct error err = {.kind = ERROR_NONE};
    const enum error_kind kind = auth_new(&common, &auth, &err);
    if (kind == ERROR_NONE) {
        EXPECT(reading.is_good);
        check_lookups(auth, &reading);
        EXPECT(auth_reload(auth, &err) == ERROR_NONE);
        check_lookups(auth, &reading);
    } else {
        EXPECT(kind == ERROR_FATAL && !reading.is_good);
        EXPECT(utf8_is_valid(strview_of(err.text)));
    }
    auth_free(auth);
    return 0;
}
