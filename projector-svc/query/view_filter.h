/* SPDX-License-Identifier: Apache-2.0 */
/*
 * view_filter.h - of a stored document, what a role may read, its times as RFC 3339.
 *
 * Why a list of what is shown, not of what is hidden: a member that a later version of this
 * service puts into the documents is the agents' alone until somebody decides otherwise.
 *
 * What is shown is written where it is wanted: as an object that stays open for what the caller has
 * to add. A damaged document spoils the writer.
 */
#ifndef PROJECTOR_SVC_QUERY_VIEW_FILTER_H
#define PROJECTOR_SVC_QUERY_VIEW_FILTER_H

#include "common/base/strview.h"
#include "projector-svc/core/readers.h"

struct json_writer;

/* Of the details document. */
void view_filter_details(struct json_writer *writer, struct strview json, enum role role);

/* Of an element of the timeline. */
void view_filter_timeline(struct json_writer *writer, struct strview json, enum role role);

/* An event's type as that role is told it. */
struct strview view_filter_type(struct strview type, enum role role);

#endif
