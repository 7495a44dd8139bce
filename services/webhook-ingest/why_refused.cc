#include "services/webhook-ingest/why_refused.h"

#include <array>

#include "common/crypto/signature.h"
#include "common/store/refusal_note.h"

namespace tajo::ingest {
namespace {

// In the order of the enum.
constexpr std::array<std::string_view, kWhysRefused> kWhyNames{
    store::kRefusedNoSignature, store::kRefusedWrongMethod, store::kRefusedSignature, "no_token", "token", "expired",
    "unknown_connection"};

}  // namespace

std::string_view NameOf(WhyRefused why) {
  return kWhyNames.at(static_cast<std::size_t>(why));
}

WhyRefused WhyNotAdmitted(std::string_view signature) {
  if (signature.empty()) return WhyRefused::kNoSignature;
  return signature.starts_with(crypto::kHubMethod) ? WhyRefused::kSignature : WhyRefused::kWrongMethod;
}

}  // namespace tajo::ingest
