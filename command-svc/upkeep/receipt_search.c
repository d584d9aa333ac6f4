/* SPDX-License-Identifier: Apache-2.0 */
#include "command-svc/upkeep/receipt_search.h"

#include "command-svc/upkeep/control_sql.h"
#include "common/base/must.h"

#include <stdlib.h>

struct search {
    receipt_found_fn *on_receipt;
    void *user;
    bool is_found;
};

static void on_search_result(void *user, size_t index, const struct pgconn_result *result)
{
    struct search *search = user;
    (void)index;
    if (pgconn_row_count(result) == 0) {
        return;
    }
    const struct found_receipt receipt = {.status = (int)pgconn_value_i64(result, 0, 0),
                                          .version = pgconn_value_i64(result, 0, 1),
                                          .location = pgconn_value(result, 0, 2),
                                          .body = pgconn_value(result, 0, 3)};
    search->is_found = true;
    search->on_receipt(search->user, &receipt, NULL);
}

static void on_search_done(void *user, const struct pgconn_failure *failure)
{
    struct search *search = user;
    if (!search->is_found) {
        search->on_receipt(search->user, NULL, pgconn_error_of(failure));
    }
    free(search);
}

void receipt_search_forget(pgconn_done_fn *on_done, void *user)
{
    if (on_done == on_search_done) {
        free(user);
    }
}

void receipt_search(struct pgconn *conn, const struct uuid *key, receipt_found_fn *on_receipt,
                    void *user)
{
    struct search *search = must_allocate(1, sizeof *search);
    *search = (struct search){.on_receipt = on_receipt, .user = user};
    const char *param = key->text;
    pgconn_query(conn, FIND_RECEIPT, &param, 1);
    pgconn_send_trip(conn, on_search_result, on_search_done, search);
}
