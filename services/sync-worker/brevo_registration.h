#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/random.h"
#include "common/brevo/client.h"
#include "common/store/connections.h"
#include "common/telemetry/log.h"
#include "tajo/jira/v1/connection.pb.h"

namespace tajo::worker {

// What has to be done at Brevo so that exactly one webhook of the connection is there, as it should be.
struct BrevoWebhookPlan {
  std::optional<int64_t> keep;  // the one that stays; nothing: one has to be made
  bool correct = false;         // it has wrong events, another token, or comes in batches
  std::vector<int64_t> remove;  // the connection's others: of a former public URL, or made twice
  std::vector<std::pair<int64_t, std::string>> strangers;  // below our URL, with the connection they name
};
BrevoWebhookPlan PlanBrevoWebhook(const std::vector<brevo::RegisteredWebhook>& registered, std::string_view public_url,
                                  std::string_view connection_id, std::string_view token);

// Keeps the connection's webhook at Brevo: contactDeleted and unsubscribed, to webhook-ingest below
// `public_url`, with the connection's token. Looks once a day, since it draws on the 100 calls an hour
// that all else shares; a token is replaced after 90 days, and the one before it is taken for a day
// longer. New credentials change the connection's generation, so its work begins anew with them.
class BrevoRegistration {
 public:
  struct Parts {
    brevo::Client& brevo;
    store::Connections& connections;
    base::Random& random;
    telemetry::Logger& log;
  };
  BrevoRegistration(Parts parts, std::string public_url) : parts_(parts), public_url_(std::move(public_url)) {
    while (public_url_.ends_with('/')) public_url_.pop_back();
  }

  // Whether Keep would look at Brevo now.
  static bool IsDue(const store::ConnectionRecord& record, int64_t now_ms);
  base::Task<absl::Status> Keep(store::ConnectionRecord* record, jira::v1::Credentials credentials, int64_t now_ms);

 private:
  base::Task<absl::Status> PutToken(const store::ConnectionRecord& record, jira::v1::Credentials credentials);
  base::Task<absl::Status> RemoveOrphans(BrevoWebhookPlan plan);

  Parts parts_;
  std::string public_url_;
};

}  // namespace tajo::worker
