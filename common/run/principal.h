/* SPDX-License-Identifier: Apache-2.0 */
/*
 * principal.h - somebody who may ask, as a token says.
 *
 * Units: until_ms is milliseconds since 1970, UTC. Ownership: a plain value, copied whole.
 */
#ifndef COMMON_RUN_PRINCIPAL_H
#define COMMON_RUN_PRINCIPAL_H

#include "common/base/id_form.h"
#include "common/contract/role.h"

#include <stdbool.h>
#include <stdint.h>

enum { AUTH_SUBJECT_MAX = ID_FORM_MAX };

#define PRINCIPAL_FOR_EVER INT64_MAX

struct principal {
    enum role role;
    bool is_anyone;   /* AUTH=off: may do everything; role and subject are operator, "anyone" */
    int64_t until_ms; /* from then on its token has expired; PRINCIPAL_FOR_EVER: it does not */
    char subject[AUTH_SUBJECT_MAX + 1]; /* of id_form.h; a customer's is its customer id */
};

#endif
