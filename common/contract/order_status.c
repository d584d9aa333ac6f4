/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/order_status.h"

#include "common/base/words.h"

DEFINE_WORDS(order_status, ORDER_STATUSES)
DEFINE_WORDS(payment_status, PAYMENT_STATUSES)
DEFINE_WORDS(refund_state, REFUND_STATES)
DEFINE_WORDS(dispute_state, DISPUTE_STATES)
