/* SPDX-License-Identifier: Apache-2.0 */
/*
 * text_form.h - the forms a text in a command may have, each with the words for who missed it.
 *
 * Units: characters are code points. Control characters are refused everywhere:
 * they break logs, labels and terminals.
 */
#ifndef COMMAND_SVC_HTTP_TEXT_FORM_H
#define COMMAND_SVC_HTTP_TEXT_FORM_H

#include "common/base/error.h"
#include "common/base/strview.h"

struct text_form {
    const char *name;                  /* its schema's in the interface's description */
    const char *must;                  /* ends a sentence: "must be two capital letters, ..." */
    bool (*fits)(struct strview text); /* of valid UTF-8 */
};

extern const struct text_form TEXT_FORM_ID;       /* see common/base/id_form.h */
extern const struct text_form TEXT_FORM_NAME;     /* names, address lines, reasons: 1-200 */
extern const struct text_form TEXT_FORM_NOTE;     /* 1-4,000 characters */
extern const struct text_form TEXT_FORM_REGION;   /* 1-64 characters */
extern const struct text_form TEXT_FORM_COUNTRY;  /* two capital letters */
extern const struct text_form TEXT_FORM_CURRENCY; /* three */
extern const struct text_form TEXT_FORM_PROVIDER; /* 1-32 of a-z 0-9 _ - */
extern const struct text_form TEXT_FORM_EMAIL;
extern const struct text_form TEXT_FORM_PHONE; /* E.164, blanks or hyphens between digits */

#endif
