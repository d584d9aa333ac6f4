/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pause.h - how long who is refused for now is asked to stay away (Retry-After); pure.
 *
 * Why not always a second: whoever is refused comes back then, and all who were refused in one
 * moment come back in one moment. Where thousands find no place, refusing them each second takes a
 * good part of what is there for those who are in. So while refusals are more than a small part of
 * all answers, the refused are spread over as many seconds as make them that part, one after the
 * other over one, two, three ... Who is refused where refusals are few comes back after a second.
 *
 * Units: whole seconds, as the header has no others.
 */
#ifndef COMMON_IO_HTTP_PAUSE_H
#define COMMON_IO_HTTP_PAUSE_H

#include <stdbool.h>
#include <stdint.h>

enum {
    HTTP_PAUSE_MOST = 10, /* seconds */
    HTTP_PAUSE_FEW = 128, /* refusals a second that need no spreading */
    HTTP_PAUSE_PART = 32, /* of what is answered otherwise, what refusals may be */
};

/* Zeroed: nobody was refused. */
struct http_pause {
    uint64_t refused; /* in the second that runs */
    uint64_t answered;
    unsigned reach; /* over how many seconds the refused are spread; 0 is 1 */
    unsigned turn;
};

/* One more is answered: the seconds it is asked to wait, from 1 to HTTP_PAUSE_MOST where it is
 * refused, else 0. */
int http_pause_next(struct http_pause *pause, bool is_refused);

/* The clock has moved on by so many seconds; a clock that was set back forgets nothing. */
void http_pause_pass(struct http_pause *pause, int64_t seconds);

#endif
