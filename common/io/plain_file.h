/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plain_file.h - opens a file that a running service reads again.
 *
 * Why plain files only: opening or reading a pipe waits for whoever writes to it, and a device may
 * never end; the loop, and with it everybody, would wait too.
 */
#ifndef COMMON_IO_PLAIN_FILE_H
#define COMMON_IO_PLAIN_FILE_H

#include "common/base/error.h"

#include <stdio.h>

/* To be read, and closed with fclose(). Fails with ERROR_FATAL; the text names the path. */
MUST_USE enum error_kind plain_file_open(const char *path, FILE **ret_file, struct error *err);

#endif
