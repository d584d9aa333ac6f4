/* SPDX-License-Identifier: Apache-2.0 */
#include "common/run/doctor.h"

#include "common/base/strbuf.h"
#include "common/contract/json_writer.h"
#include "common/run/service.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { TEXT_MAX = 64 << 10, CLOCK_TOLERANCE_MS = 5000 };

static const char *const STATES[] = {
    [DOCTOR_WELL] = "ok", [DOCTOR_ILL] = "FAIL", [DOCTOR_SKIPPED] = "-"};
static const char *const STATE_WORDS[] = {
    [DOCTOR_WELL] = "ok", [DOCTOR_ILL] = "failed", [DOCTOR_SKIPPED] = "skipped"};

static bool is_met(const struct doctor_check *checks, const struct doctor_finding *findings,
                   size_t index)
{
    const char *needs = checks[index].needs;
    for (size_t i = 0; needs != NULL && i < index; i++) {
        if (strcmp(checks[i].name, needs) == 0) {
            return findings[i].state == DOCTOR_WELL;
        }
    }
    assert(needs == NULL);
    return true;
}

static void look_once(const struct doctor_check *check, void *patient,
                      struct doctor_finding *finding)
{
    struct error err;
    struct strbuf told = STRBUF(sizeof finding->mends);
    const bool is_well = check->look((char *)patient + check->part, &told, &err) == ERROR_NONE;
    finding->state = is_well ? DOCTOR_WELL : DOCTOR_ILL;
    (void)snprintf(finding->says, sizeof finding->says, "%s",
                   is_well ? strbuf_cstr(&told) : err.text);
    (void)snprintf(finding->mends, sizeof finding->mends, "%s",
                   check->mends == NULL ? strbuf_cstr(&told) : check->mends);
    strbuf_done(&told);
}

bool doctor_look(const struct doctor_check *checks, size_t count, void *patient,
                 struct doctor_finding *findings)
{
    bool is_well = true;
    for (size_t i = 0; i < count; i++) {
        if (is_met(checks, findings, i)) {
            look_once(&checks[i], patient, &findings[i]);
        } else {
            findings[i].state = DOCTOR_SKIPPED;
            (void)snprintf(findings[i].says, sizeof findings[i].says, "needs %s", checks[i].needs);
        }
        is_well = is_well && findings[i].state == DOCTOR_WELL;
    }
    return is_well;
}

void doctor_put_table(const struct doctor_check *checks, const struct doctor_finding *findings,
                      size_t count, struct strbuf *out)
{
    for (size_t i = 0; i < count; i++) {
        strbuf_printf(out, "%-4s  %-11s %s\n", STATES[findings[i].state], checks[i].name,
                      findings[i].says);
        if (findings[i].state == DOCTOR_ILL) {
            strbuf_printf(out, "%18s=> %s\n", "", findings[i].mends);
        }
    }
}

static void put_finding(const struct doctor_check *check, const struct doctor_finding *finding,
                        struct json_writer *json)
{
    json_open_object(json);
    json_put_member_string(json, "name", strview_of(check->name));
    json_put_member_string(json, "state", strview_of(STATE_WORDS[finding->state]));
    json_put_member_text(json, "says", strview_of(finding->says));
    if (finding->state == DOCTOR_ILL) {
        json_put_member_string(json, "mends", strview_of(finding->mends));
    }
    json_close_object(json);
}

void doctor_put_json(const char *service, const struct doctor_check *checks,
                     const struct doctor_finding *findings, size_t count, struct strbuf *out)
{
    bool is_well = true;
    for (size_t i = 0; i < count; i++) {
        is_well = is_well && findings[i].state == DOCTOR_WELL;
    }
    struct json_writer json = JSON_WRITER(out);
    json_open_object(&json);
    json_put_member_string(&json, "service", strview_of(service));
    json_put_member_bool(&json, "is_well", is_well);
    json_open_member_array(&json, "checks");
    for (size_t i = 0; i < count; i++) {
        put_finding(&checks[i], &findings[i], &json);
    }
    json_close_array(&json);
    json_close_object(&json);
    if (json_writer_done(&json)) {
        strbuf_append_char(out, '\n');
    } else {
        strbuf_reset(out);
    }
}

enum error_kind doctor_compare_clocks(const char *party, int64_t theirs_ms, int64_t before_ms,
                                      int64_t after_ms, struct error *err)
{
    const int64_t late_ms = theirs_ms - after_ms;
    const int64_t early_ms = before_ms - theirs_ms;
    const int64_t off_ms = late_ms > early_ms ? late_ms : early_ms;
    if (off_ms <= CLOCK_TOLERANCE_MS) {
        return ERROR_NONE;
    }
    return error_set(err, ERROR_INVALID, "%s's clock is %" PRId64 " s %s ours", party,
                     off_ms / 1000, late_ms > 0 ? "ahead of" : "behind");
}

int doctor_run(const struct service_call *call, const struct doctor_check *checks, size_t count,
               void *patient)
{
    struct doctor_finding findings[DOCTOR_CHECKS_MAX];
    const bool as_json = call->argc == 3 && service_is_json(call, 1);
    if (call->argc != 1 && !as_json) {
        return service_misuse(call);
    }
    assert(count <= DOCTOR_CHECKS_MAX);
    const bool is_well = doctor_look(checks, count, patient, findings);
    struct strbuf text = STRBUF(TEXT_MAX);
    if (as_json) {
        doctor_put_json(call->service->name, checks, findings, count, &text);
    } else {
        doctor_put_table(checks, findings, count, &text);
    }
    const bool is_told = strbuf_ok(&text) && fputs(strbuf_cstr(&text), stdout) >= 0;
    strbuf_done(&text);
    return is_told && fflush(stdout) == 0 && is_well ? SERVICE_OK : SERVICE_FAILED;
}
