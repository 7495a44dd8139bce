#pragma once

#include <google/protobuf/timestamp.pb.h>

#include <string>
#include <string_view>

#include "common/store/connections.h"
#include "common/store/jobs.h"
#include "common/store/overview.h"
#include "tajo/jira/v1/connector.pb.h"

namespace tajo::gateway {

// What is stored, as the API shows it.
google::protobuf::Timestamp TimestampOf(int64_t millis);
std::string WebhookUrl(const std::string& public_url, const std::string& connection_id);
// What ingest's word for a refusal means (common/store/refusal_note.h), and what to do.
std::string ExplainRefusal(std::string_view why);
jira::v1::Connection ShowConnection(const store::ConnectionRecord& record, const std::string& public_url);
jira::v1::Sync ShowSync(const store::ConnectionRecord& record, const store::Job& job,
                        const store::ConnectionOverview& overview, int64_t now_ms);
jira::v1::Status ShowStatus(const store::ConnectionRecord& record, const store::ConnectionOverview& overview,
                            const std::string& public_url);
bool HasEnded(store::JobState state);

}  // namespace tajo::gateway
