/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON Web Tokens, their signature taken for right:
 *   - who is believed has a role and an id, and a token that has not expired;
 *   - what is refused tells nothing of anybody;
 *   - a part has one spelling: written again, it is the same.
 * A document that begins with ! is the token as it stands, any other is its header, a line end, and
 * its claims.
 */
#include "common/base/arena.h"
#include "common/base/base64url.h"
#include "common/run/jwt.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

enum { TOKEN_MAX = 16 << 10, PART_MAX = 4 << 10 };
#define NOW_MS INT64_C(1700000000000)

static const struct jwt_policy POLICY = {.issuer = "i",
                                         .audience = "a",
                                         .role_claim = "role",
                                         .subject_claim = "sub",
                                         .customer_claim = "sub",
                                         .leeway_ms = 30000};

static size_t encode(struct strview bytes, char *text)
{
    static const char DIGITS[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    uint32_t bits = 0;
    unsigned count = 0;
    size_t len = 0;
    for (size_t i = 0; i < bytes.len; i++) {
        bits = (bits << 8 | (uint8_t)bytes.data[i]) & 0xffffU;
        for (count += 8; count >= 6; count -= 6) {
            text[len++] = DIGITS[bits >> (count - 6) & 63];
        }
    }
    if (count > 0) {
        text[len++] = DIGITS[bits << (6 - count) & 63];
    }
    return len;
}

static struct strview token_of(struct strview document, char token[static TOKEN_MAX])
{
    struct strview rest = document;
    if (document.len > 0 && document.data[0] == '!') {
        return strview_skip(document, 1);
    }
    const struct strview header = strview_take(&rest, '\n');
    if (header.len > PART_MAX || rest.len > PART_MAX) {
        return STRVIEW("");
    }
    size_t len = encode(header, token);
    token[len++] = '.';
    len += encode(rest, token + len);
    memcpy(token + len, ".AAAA", 5);
    return (struct strview){.data = token, .len = len + 5};
}

static void expect_one_spelling(struct strview part)
{
    static uint8_t bytes[BASE64URL_BYTES(TOKEN_MAX)];
    static char text[2 * TOKEN_MAX];
    size_t len;
    EXPECT(base64url_decode(part, bytes, &len));
    const struct strview decoded = {.data = (const char *)bytes, .len = len};
    EXPECT(strview_equal((struct strview){.data = text, .len = encode(decoded, text)}, part));
}

static void expect_form(struct strview token)
{
    EXPECT(token.len <= JWT_LEN_MAX);
    expect_one_spelling(strview_take(&token, '.'));
    expect_one_spelling(strview_take(&token, '.'));
    expect_one_spelling(token);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char text[TOKEN_MAX];
    const struct strview document = {.data = (const char *)data, .len = size};
    const struct strview token = token_of(document, text);
    struct principal who = {.role = ROLE_COUNT};
    struct arena arena;
    struct jwt jwt;
    arena_init(&arena, JWT_ARENA_MAX);
    enum jwt_fault fault = jwt_read(token, &arena, &jwt);
    if (fault == JWT_FAULT_NONE) {
        expect_form(token);
        fault = jwt_judge(&jwt, &POLICY, NOW_MS, &arena, &who);
    }
    if (fault == JWT_FAULT_NONE) {
        EXPECT(who.role < ROLE_COUNT && who.until_ms > NOW_MS && !who.is_anyone);
        EXPECT(id_form_fits(strview_of(who.subject)));
    } else {
        EXPECT(who.role == ROLE_COUNT && who.until_ms == 0 && who.subject[0] == '\0');
        EXPECT(jwt_fault_text(fault) != NULL);
    }
    arena_done(&arena);
    return 0;
}
