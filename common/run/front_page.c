/* SPDX-License-Identifier: Apache-2.0 */
#include "common/run/front_page.h"

#include "common/base/embedded_text.h"
#include "common/io/http/exchange.h"

extern const struct embedded_text FRONT_PAGE[];

void front_page_send(struct http_request *request, void *user)
{
    static const struct http_header HEADERS[] = {
        {"Content-Security-Policy", "default-src 'none'; connect-src 'self'; "
                                    "script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
                                    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
        {NULL, NULL}};
    (void)user;
    if (http_request_query_only(request, NULL)) {
        http_respond(request, &(struct http_answer){.status = 200,
                                                    .content_type = "text/html; charset=utf-8",
                                                    .headers = HEADERS,
                                                    .body = strview_of(FRONT_PAGE[0].text),
                                                    .body_stays = true});
    }
}
