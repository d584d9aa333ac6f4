/* SPDX-License-Identifier: Apache-2.0 */
/*
 * front_page.h - the page at /, for who opens a service's address in a browser: what it is, each
 * request as a line to copy, and how it is now.
 *
 * Why made in the browser: it shows /openapi.json and /readyz, and so never says anything else than
 * they do.
 *
 * Why it asks for nothing from elsewhere (Content-Security-Policy): it takes a token, kept nowhere.
 */
#ifndef COMMON_RUN_FRONT_PAGE_H
#define COMMON_RUN_FRONT_PAGE_H

#include "common/io/http/router.h"

/* GET /; takes no user. */
http_handler front_page_send;

#endif
