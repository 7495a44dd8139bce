#include "common/store/connection_fields.h"

#include <fmt/format.h>

#include <utility>

#include "common/store/reply_read.h"

namespace tajo::store {
namespace {

constexpr const char* kFields[] = {"generation", "tenant",   "config",          "state",         "reason",
                                   "created",    "site",     "account",         "account_key",   "jira_account",
                                   "time_zone",  "webhooks", "webhook_expires", "brevo_webhook", "brevo_webhook_looked",
                                   "brevo_token"};

std::vector<int64_t> Numbers(std::string_view text) {
  std::vector<int64_t> numbers;
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    numbers.push_back(ToNumber(text.substr(0, comma)));
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
  }
  return numbers;
}

}  // namespace

redis::Args FieldsOfChanged(const ConnectionRecord& record) {
  return {"config",       record.config.SerializeAsString(),
          "state",        std::to_string(static_cast<int>(record.state)),
          "reason",       record.reason,
          "site",         record.site_host,
          "account",      record.brevo_account,
          "account_key",  record.brevo_account_key,
          "jira_account", record.account_id,
          "time_zone",    record.time_zone};
}

redis::Args FieldsOfNew(const ConnectionRecord& record) {
  redis::Args fields = FieldsOfChanged(record);
  for (std::string text :
       {std::string("tenant"), record.tenant_id, std::string("created"), std::to_string(record.created_ms),
        std::string("webhooks"), fmt::format("{}", fmt::join(record.webhook_ids, ",")), std::string("webhook_expires"),
        std::to_string(record.webhook_expires_ms)}) {
    fields.push_back(std::move(text));
  }
  return fields;
}

redis::Args ReadCommand(std::string key) {
  redis::Args command = {"HMGET", std::move(key)};
  command.insert(command.end(), std::begin(kFields), std::end(kFields));
  return command;
}

std::optional<ConnectionRecord> RecordOf(std::string connection_id, const redis::Reply& reply) {
  const redis::Reply::Array& values = reply.Elements();
  if (values.size() != std::size(kFields) || values[0].IsNil()) return std::nullopt;
  ConnectionRecord record;
  record.connection_id = std::move(connection_id);
  record.generation = values[0].Integer();
  record.tenant_id = values[1].String();
  record.config.ParseFromString(values[2].String());
  record.state = static_cast<jira::v1::ConnectionState>(values[3].Integer());
  record.reason = values[4].String();
  record.created_ms = values[5].Integer();
  record.site_host = values[6].String();
  record.brevo_account = values[7].String();
  record.brevo_account_key = values[8].String();
  record.account_id = values[9].String();
  record.time_zone = values[10].String();
  record.webhook_ids = Numbers(values[11].String());
  record.webhook_expires_ms = values[12].Integer();
  record.brevo_webhook_id = values[13].Integer();
  record.brevo_webhook_looked_ms = values[14].Integer();
  record.brevo_token_ms = values[15].Integer();
  return record;
}

}  // namespace tajo::store
