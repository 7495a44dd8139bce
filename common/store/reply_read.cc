#include "common/store/reply_read.h"

#include <charconv>

#include "common/base/error.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::store {

std::map<std::string, std::string> FieldsOf(const redis::Reply& reply) {
  std::map<std::string, std::string> fields;
  const redis::Reply::Array& elements = reply.Elements();
  for (std::size_t i = 0; i + 1 < elements.size(); i += 2) fields[elements[i].String()] = elements[i + 1].String();
  return fields;
}

std::string TextOf(const std::map<std::string, std::string>& fields, const std::string& name) {
  const auto found = fields.find(name);
  return found == fields.end() ? std::string() : found->second;
}

int64_t ToNumber(std::string_view text) {
  int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

int64_t NumberOf(const std::map<std::string, std::string>& fields, const std::string& name) {
  const auto found = fields.find(name);
  return found == fields.end() ? 0 : ToNumber(found->second);
}

bool IsWord(const redis::Reply& reply, std::string_view word) {
  return reply.IsString() && reply.String() == word;
}

absl::Status CheckLease(const redis::Reply& reply) {
  if (!IsWord(reply, kLeaseLost)) return absl::OkStatus();
  return base::Error(jira::v1::LEASE_LOST, "another worker owns the connection now; nothing was changed");
}

}  // namespace tajo::store
