#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/jira/webhook.h"
#include "tajo/jira/v1/event.pb.h"

namespace tajo::ingest {

// What names a delivery: Jira's X-Atlassian-Webhook-Identifier, which is the same across its retries,
// and a digest of the body: a verified signature in lower case, or else the body's SHA-256. Without the
// header the body alone names it. The same identifier with another body is another delivery: it's
// authentic, so refusing it would lose it, and taking it twice is made good by the ledger of what was
// sent. So is a retry that the other of two secrets signed.
std::string DeliveryName(std::string_view identifier, std::string_view digest);

// "Look at this issue again": all that is believed of a delivery whose token is authentic but expired.
// Nothing for one that isn't about an issue.
std::optional<jira::v1::Event> HintOf(const jira::Normalised& delivery, int64_t received_ms);

// Marks the issues of the events as read in part, so that the owner reads them again: for connections
// whose config names custom fields by their names, which only Jira can resolve.
void MarkIssuesPartial(jira::Normalised& delivery);

}  // namespace tajo::ingest
