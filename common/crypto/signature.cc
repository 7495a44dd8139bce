#include "common/crypto/signature.h"

#include <fmt/format.h>

#include "common/base/error.h"
#include "common/crypto/digest.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::crypto {
namespace {

absl::Status NotAuthentic(std::string_view message) {
  return base::Error(jira::v1::WEBHOOK_NOT_AUTHENTIC, message);
}

}  // namespace

absl::Status VerifyHubSignature(std::string_view header_value, std::string_view raw_body,
                                std::span<const base::Secret> secrets) {
  if (header_value.empty()) {
    return NotAuthentic("the webhook has no X-Hub-Signature: give the webhook a secret in Jira's administration");
  }
  if (!header_value.starts_with(kHubMethod)) {
    return NotAuthentic("X-Hub-Signature isn't of the method sha256, the only one that is accepted");
  }
  const auto claimed = UnHex(header_value.substr(kHubMethod.size()));
  if (!claimed || claimed->size() != Digest().size()) {
    return NotAuthentic("X-Hub-Signature isn't sha256= and 64 hex digits");
  }
  bool matched = false;
  for (const base::Secret& secret : secrets) {
    const Digest expected = HmacSha256(secret.Reveal(), raw_body);
    const bool equal = ConstantTimeEquals(Bytes(expected), *claimed);
    matched |= equal && !secret.Empty();
  }
  if (!matched) {
    return NotAuthentic("X-Hub-Signature doesn't match: the secret in Jira and the connection's webhook secret differ");
  }
  return absl::OkStatus();
}

std::string HubSignature(std::string_view raw_body, const base::Secret& secret) {
  return fmt::format("{}{}", kHubMethod, Hex(HmacSha256(secret.Reveal(), raw_body)));
}

}  // namespace tajo::crypto
