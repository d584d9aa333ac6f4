/* SPDX-License-Identifier: Apache-2.0 */
/*
 * contact.h - one spelling per email address and phone number, for lookups.
 *
 * Why here and not at the command: the customer keeps what was typed; only the
 * finding needs one form, on writing and on searching alike.
 */
#ifndef PROJECTOR_SVC_CORE_CONTACT_H
#define PROJECTOR_SVC_CORE_CONTACT_H

#include "common/base/arena.h"
#include "common/base/strview.h"

/* Without blanks around it (utf8_trim()), ASCII letters lower case. No others: which letters are
 * one depends on the language (Turkish has two kinds of i) and on Unicode's version, and a version
 * later the lookups would be other keys. Empty stays empty; data is NULL when the arena is full. */
struct strview contact_email(struct arena *arena, struct strview typed);

/* The digits of an E.164 number: "+44 20 7946 0958" and "0044 20…" are both "4420…". */
struct strview contact_phone(struct arena *arena, struct strview typed);

#endif
