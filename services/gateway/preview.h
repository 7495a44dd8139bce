#pragma once

#include <vector>

#include "common/base/task.h"
#include "common/brevo/types.h"
#include "common/store/connections.h"
#include "services/gateway/backend.h"
#include "services/gateway/caller.h"
#include "services/gateway/issue_reading.h"
#include "tajo/jira/v1/connector.pb.h"

namespace tajo::gateway {

// What of an issue as Jira has it now would be written to Brevo, decided by the worker's own code. Writes
// nothing anywhere; personal data is in the answer only.
class PreviewCall {
 public:
  explicit PreviewCall(Backend& backend) : backend_(backend) {}

  base::Task<absl::StatusOr<jira::v1::PreviewMappingResponse>> Run(Caller caller,
                                                                   jira::v1::PreviewMappingRequest request);

 private:
  using Attributes = absl::StatusOr<std::vector<brevo::AttributeDefinition>>;

  // The stored config, or the one of the request in its place.
  static absl::StatusOr<jira::v1::ConnectionConfig> ConfigFor(const store::ConnectionRecord& record,
                                                              const jira::v1::PreviewMappingRequest& request);
  base::Task<absl::StatusOr<jira::v1::PreviewMappingResponse>> Show(store::ConnectionRecord record,
                                                                    jira::v1::Credentials credentials,
                                                                    jira::v1::ConnectionConfig config, ReadyRules ready,
                                                                    IssueReading reading, Attributes existing);
  base::Task<absl::Status> ShowContact(const store::ConnectionRecord& record, const jira::v1::Credentials& credentials,
                                       const jira::v1::DesiredContact& desired, int64_t rank_ms,
                                       jira::v1::PreviewMappingResponse& response);
  base::Task<absl::Status> ShowTimeline(std::string connection_id, std::vector<jira::v1::OutboxEvent> events,
                                        jira::v1::PreviewMappingResponse& response);
  // Brevo's types of the attributes, and what of the mapping it would refuse.
  static void ShowTypes(const Attributes& existing, const jira::v1::ConnectionConfig& config,
                        jira::v1::PreviewMappingResponse& response);

  Backend& backend_;
};

}  // namespace tajo::gateway
