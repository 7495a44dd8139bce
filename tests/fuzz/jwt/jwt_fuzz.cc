#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "common/crypto/jwt.h"

// A foreign token never verifies, and whatever is signed correctly is either claims or an error.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  using tajo::base::Secret;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::vector<Secret> secrets = {Secret("fuzzing secret"), Secret("another")};
  const auto now = tajo::base::FromMillis(1'790'000'000'000);

  // The signature isn't known to the fuzzer: to find one would break HMAC.
  if (tajo::crypto::VerifyJwt(text, secrets, now).ok()) std::abort();

  const auto claims = tajo::crypto::VerifyJwt(tajo::crypto::SignJwt(text, secrets[1]), secrets, now);
  if (claims.ok()) {
    if (claims->secret_index != 1) std::abort();
    if (claims->expired != (claims->expired_for.count() > 0)) std::abort();
    if (claims->expired && !claims->expires_at_s) std::abort();
  }
  return 0;
}
