#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/base/secret.h"
#include "common/jira/fields.h"
#include "common/store/connections.h"
#include "tajo/jira/v1/connection.pb.h"

namespace tajo::ingest {

// What ingest keeps of a connection in memory: enough to judge and to normalise its deliveries.
struct KnownConnection {
  std::string id;
  int64_t generation = 0;  // what is stored is judged by this one, or refused by the script
  bool takes_webhooks = false;
  int64_t high_water = 0;
  std::vector<base::Secret> webhook_secrets;  // of X-Hub-Signature; two while rotating
  std::vector<base::Secret> brevo_tokens;     // of Brevo's webhooks; two while rotating
  std::string app_id;                         // empty: not by OAuth
  std::vector<int64_t> webhook_ids;           // registered dynamic webhooks
  jira::IssueFields fields;                   // custom fields that the config names by id
  bool names_fields = false;                  // it names others by name
  // Deliveries that are being stored, of all that was read of this connection on the loop: reading it
  // again must not make room for more.
  std::shared_ptr<std::size_t> in_hand = std::make_shared<std::size_t>(0);
};

KnownConnection MakeKnown(const store::ConnectionRecord& record, const jira::v1::Credentials& credentials);

}  // namespace tajo::ingest
