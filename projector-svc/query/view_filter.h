/* SPDX-License-Identifier: Apache-2.0 */
/*
 * view_filter.h - of a stored document, what a role may read.
 *
 * Why a list of what is shown, not of what is hidden: a member that a later version of this
 * service puts into the documents is the agents' alone until somebody decides otherwise.
 *
 * Ownership: out is the caller's. False: the document is damaged, or out is full.
 */
#ifndef PROJECTOR_SVC_QUERY_VIEW_FILTER_H
#define PROJECTOR_SVC_QUERY_VIEW_FILTER_H

#include "common/base/error.h"
#include "common/base/strbuf.h"
#include "common/base/strview.h"
#include "projector-svc/core/readers.h"

/* Appends the details document. */
MUST_USE bool view_filter_details(struct strview json, enum role role, struct strbuf *out);

/* Appends an element of the timeline. */
MUST_USE bool view_filter_timeline(struct strview json, enum role role, struct strbuf *out);

#endif
