/* SPDX-License-Identifier: Apache-2.0 */
/*
 * door.h - how many commands may wait before new ones are refused; pure.
 *
 * Why a rate and not a number: a queue that is worked off within 100 ms is no
 * overload, however long it is, and one that is not only makes everybody wait
 * for answers nobody is there to read. So the limit is what was committed in the
 * last 100 ms, but never less than a floor that lets batches grow.
 *
 * Commands on what exists already (cancel, payment, shipment) pass up to four
 * times that: refusing them would leave work half done.
 *
 * Units: monotonic milliseconds, handed in.
 */
#ifndef COMMAND_SVC_CORE_DOOR_H
#define COMMAND_SVC_CORE_DOOR_H

#include "command-svc/core/command.h"

enum { DOOR_WINDOW_MS = 100, DOOR_FOLLOW_UP_FACTOR = 4 };

struct door {
    size_t floor; /* commands that may always wait */
    int64_t window_start_ms;
    size_t committed;        /* in the window that runs */
    size_t committed_before; /* in the one before it */
};

/* Notes that commands were committed. */
void door_note(struct door *door, size_t commands, int64_t now_ms);

/* A command on an order that exists. */
bool door_is_follow_up(enum command_kind kind);

/* How long a queue may be that one more command joins. */
size_t door_limit(const struct door *door, enum command_kind kind, int64_t now_ms);

#endif
