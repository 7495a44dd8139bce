#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/brevo/webhook.h"
#include "tajo/jira/v1/event.pb.h"

namespace tajo::ingest {

// Entries for the connection's `people` stream.
std::vector<jira::v1::Event> PeopleEvents(const brevo::WebhookDelivery& delivery, int64_t received_ms);

// What names a delivery of Brevo's, which has no identifier of its own: its body.
std::string BrevoDeliveryName(std::string_view body);

}  // namespace tajo::ingest
