/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reader.h - what this program can read, as a name; pure.
 *
 * Why: an event that a program could not read waits in Redis, and no event comes that would have it
 * looked at again. So beside it stands who tried, and whoever can read other events tries once
 * more.
 *
 * Why a sum of the types' names beside the version: programs of one version under way to the next
 * know different events, too.
 */
#ifndef PROJECTOR_SVC_CORE_READER_H
#define PROJECTOR_SVC_CORE_READER_H

enum { READER_NAME_MAX = 64 };

/* "0.1.0/5f3a9c21"; a longer version is cut. */
void reader_name(const char *version, char name[static READER_NAME_MAX]);

#endif
