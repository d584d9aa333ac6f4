/* SPDX-License-Identifier: Apache-2.0 */
/*
 * embedded_text.h - a text file carried inside the binary (see common/cmake/EmbedText.cmake).
 *
 * Each array is defined by a generated file and declared by its one user:
 *     extern const struct embedded_text MIGRATIONS[];
 */
#ifndef COMMON_BASE_EMBEDDED_TEXT_H
#define COMMON_BASE_EMBEDDED_TEXT_H

struct embedded_text {
    const char *name; /* the file's name without its folder; NULL ends an array */
    const char *text; /* NUL-ended; the files are text */
};

#endif
