/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lineup_fixture.h - a lineup that is offered histories, with what it applied of them.
 *
 * Histories are written as one letter per event: the version's digit, '!' behind it when the event
 * cannot be read, 'x' behind it when it carries another id than the one of that version; '?' is a
 * record without version. What was applied is written the same way.
 */
#ifndef TESTS_UNIT_PROJECTOR_SVC_LINEUP_FIXTURE_H
#define TESTS_UNIT_PROJECTOR_SVC_LINEUP_FIXTURE_H

#include "common/base/arena.h"
#include "projector-svc/core/lineup.h"

#include <stdint.h>

extern struct arena arena;
extern char applied[32];
extern struct lineup lineup;
extern const struct lineup_callbacks CALLBACKS;

void begin(int64_t version, enum lineup_state state);

/* Ids are the version's digit, or the version's digit and x. */
struct lineup_item item_of(const char *text);

void offer(const char *history);

/* As what was parked by an earlier batch. */
void add_stored(const char *history);

#endif
