/* SPDX-License-Identifier: Apache-2.0 */
#include "common/contract/skipped_event.h"

#include "common/contract/json.h"

bool skipped_event_encode(const struct skipped_event *event, struct strbuf *out)
{
    struct json_writer writer = JSON_WRITER(out);
    json_open_object(&writer);
    envelope_encode(&writer, "aggregate_id", &event->envelope);
    json_put_member_string(&writer, "aggregate_type", event->aggregate_type);
    json_put_member_string(&writer, "skipped_type", event->type);
    json_close_object(&writer);
    return json_writer_done(&writer);
}
