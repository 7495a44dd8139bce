#pragma once

#include <cstddef>
#include <cstdint>
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
  std::size_t in_hand = 0;                    // deliveries that are being stored
};

KnownConnection MakeKnown(const store::ConnectionRecord& record, const jira::v1::Credentials& credentials);

}  // namespace tajo::ingest
