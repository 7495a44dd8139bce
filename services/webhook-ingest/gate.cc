#include "services/webhook-ingest/gate.h"

#include <algorithm>
#include <chrono>

#include "common/crypto/digest.h"
#include "common/crypto/jwt.h"
#include "common/crypto/signature.h"

namespace tajo::ingest {
namespace {

// Of a connection while it rotates them.
constexpr std::size_t kMaxSecrets = 2;
constexpr std::chrono::hours kLateRetry{24};

}  // namespace

Gate::Gate(base::Random& random) {
  for (std::size_t i = 0; i < kMaxSecrets; ++i) decoys_.emplace_back(random.Hex(32));
}

bool Gate::AdmitsSigned(const KnownConnection* connection, std::string_view signature, std::string_view body) const {
  std::size_t tried = 0;
  if (connection != nullptr && connection->takes_webhooks) {
    if (crypto::VerifyHubSignature(signature, body, connection->webhook_secrets).ok()) return true;
    tried = std::min(connection->webhook_secrets.size(), kMaxSecrets);
  }
  // The result is of no interest: nobody knows the decoys.
  const std::span<const base::Secret> decoys(decoys_);
  (void)crypto::VerifyHubSignature(signature, body, decoys.subspan(tried));
  return false;
}

bool Gate::AdmitsBearer(const KnownConnection* connection, std::string_view token) const {
  const crypto::Digest given = crypto::Sha256(token);
  const bool takes = connection != nullptr && connection->takes_webhooks;
  bool admitted = false;
  for (std::size_t i = 0; i < kMaxSecrets; ++i) {
    const bool own = takes && i < connection->brevo_tokens.size() && !connection->brevo_tokens[i].Empty();
    const crypto::Digest known = crypto::Sha256((own ? connection->brevo_tokens[i] : decoys_[i]).Reveal());
    const bool equal = crypto::ConstantTimeEquals(crypto::Bytes(given), crypto::Bytes(known));
    admitted = admitted || (own && equal);
  }
  return admitted;
}

TokenVerdict Gate::CheckToken(std::string_view token, std::span<const base::Secret> app_secrets, base::WallTime now) {
  const auto claims = crypto::VerifyJwt(token, app_secrets, now);
  if (!claims.ok()) return TokenVerdict::kRefused;
  if (!claims->expired) return TokenVerdict::kValid;
  return claims->expired_for < kLateRetry ? TokenVerdict::kExpired : TokenVerdict::kTooLate;
}

}  // namespace tajo::ingest
