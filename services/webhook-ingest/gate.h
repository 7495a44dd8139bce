#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.h"
#include "common/base/random.h"
#include "common/base/secret.h"
#include "services/webhook-ingest/known_connection.h"

namespace tajo::ingest {

// From the worst to the best.
enum class TokenVerdict {
  kRefused,
  kTooLate,  // signed by the app, and expired longer ago: refused, too
  kExpired,  // signed by the app, and expired within the last 24 hours: a late retry
  kValid,
};

// Tells authentic deliveries from others. Fails closed: without a secret nothing is authentic.
class Gate {
 public:
  explicit Gate(base::Random& random);

  // `connection` may be null. Every refusal takes two HMACs over the body, or none where nothing has the
  // shape of a signature, whether there is such a connection or not and however many secrets it has.
  bool AdmitsSigned(const KnownConnection* connection, std::string_view signature, std::string_view body) const;

  // Brevo's webhooks bear a token of the connection's own. Every refusal takes two comparisons of digests,
  // whether there is such a connection or not and however many tokens it has.
  bool AdmitsBearer(const KnownConnection* connection, std::string_view token) const;

  static TokenVerdict CheckToken(std::string_view token, std::span<const base::Secret> app_secrets, base::WallTime now);

 private:
  std::vector<base::Secret> decoys_;
};

}  // namespace tajo::ingest
