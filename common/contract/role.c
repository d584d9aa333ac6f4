/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/role.h"

#include "common/base/words.h"

DEFINE_WORDS(role, ROLES)
