#include "common/store/ids.h"

#include <algorithm>

#include "common/crypto/digest.h"

namespace tajo::store {
namespace {

bool IsBlank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f' || c == '\v';
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && IsBlank(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsBlank(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace

ContactId ContactId::OfEmail(std::string_view email) {
  std::string canonical = "email:";
  for (const char c : Trim(email)) canonical += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  const crypto::Digest digest = crypto::Sha256(canonical);
  ContactId id;
  std::copy_n(digest.begin(), id.bytes.size(), id.bytes.begin());
  return id;
}

std::optional<ContactId> ContactId::FromBytes(std::string_view sixteen) {
  ContactId id;
  if (sixteen.size() != id.bytes.size()) return std::nullopt;
  std::copy(sixteen.begin(), sixteen.end(), id.bytes.begin());
  return id;
}

bool ContactId::IsNone() const {
  return *this == ContactId{};
}

std::string ContactId::Bytes() const {
  return std::string(bytes.begin(), bytes.end());
}

std::string ContactId::Hex() const {
  return crypto::Hex(bytes);
}

}  // namespace tajo::store
