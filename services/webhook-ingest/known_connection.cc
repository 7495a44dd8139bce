#include "services/webhook-ingest/known_connection.h"

#include <algorithm>
#include <string_view>

namespace tajo::ingest {
namespace {

// A paused connection still takes: what it is told meanwhile is worked off when it goes on.
bool TakesWebhooks(jira::v1::ConnectionState state) {
  switch (state) {
    case jira::v1::ACTIVE:
    case jira::v1::DEGRADED:
    case jira::v1::NEEDS_REAUTHORIZATION:
    case jira::v1::PAUSED:
      return true;
    default:
      return false;
  }
}

bool IsFieldId(std::string_view source) {
  constexpr std::string_view kPrefix = "customfield_";
  if (!source.starts_with(kPrefix) || source.size() == kPrefix.size()) return false;
  source.remove_prefix(kPrefix.size());
  return std::all_of(source.begin(), source.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

KnownConnection MakeKnown(const store::ConnectionRecord& record, const jira::v1::Credentials& credentials) {
  KnownConnection known;
  known.id = record.connection_id;
  known.generation = record.generation;
  known.takes_webhooks = TakesWebhooks(record.state);
  known.high_water = record.config.stream_high_water();
  for (const std::string& secret : credentials.webhook_secrets()) known.webhook_secrets.emplace_back(secret);
  for (const std::string& token : credentials.brevo_webhook_tokens()) known.brevo_tokens.emplace_back(token);
  known.app_id = credentials.app_id();
  known.webhook_ids = record.webhook_ids;
  // Without the site's catalogue every source that isn't built in is unknown.
  for (const std::string& source : jira::ResolveFields(record.config, {}).unknown) {
    if (IsFieldId(source)) {
      known.fields.extra.insert(source);
    } else {
      known.names_fields = true;
    }
  }
  return known;
}

}  // namespace tajo::ingest
