/* SPDX-License-Identifier: Apache-2.0 */
/*
 * authority.h - the host in a request: what may stand there, and where it ends.
 *
 * Why judged although nothing here serves more than one host: a proxy in front may, and what it
 * reads another way than the server behind it is where smuggling begins.
 *
 * Pure.
 */
#ifndef COMMON_IO_HTTP_AUTHORITY_H
#define COMMON_IO_HTTP_AUTHORITY_H

#include "common/base/error.h"
#include "common/base/strview.h"

/* RFC 9110 §7.2: uri-host [ ":" port ] */
bool http_authority_is_host(struct strview text);

/*
 * RFC 9112 §3.2.2: a server takes "http://host/path", too; what the host says is for proxies.
 * Leaves the path and the query of a target that is not empty. False when it is neither that nor
 * begins with a slash.
 */
MUST_USE bool http_authority_take(struct strview *target);

#endif
