/* SPDX-License-Identifier: Apache-2.0 */
/*
 * etags.h - is a version among those that a reader has? As RFC 9110 says of If-None-Match.
 */
#ifndef PROJECTOR_SVC_CORE_ETAGS_H
#define PROJECTOR_SVC_CORE_ETAGS_H

#include "common/base/strview.h"

#include <stdbool.h>

/* header: the value of If-None-Match, data NULL when there was none; etag: with its quotes. What
 * is no list of tags has none. */
bool etags_have(struct strview header, struct strview etag);

#endif
