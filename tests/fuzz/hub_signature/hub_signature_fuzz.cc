#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "common/crypto/signature.h"

// The first line is the header, the rest the body. A foreign header never verifies, our own always
// does, and no longer does when it's changed.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  using tajo::base::Secret;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view header = text.substr(0, end);
  const std::string_view body = text.substr(std::min(end + 1, text.size()));
  const std::vector<Secret> secrets = {Secret("fuzzing secret"), Secret("")};

  if (tajo::crypto::VerifyHubSignature(header, body, secrets).ok()) std::abort();
  std::string own = tajo::crypto::HubSignature(body, secrets[0]);
  if (!tajo::crypto::VerifyHubSignature(own, body, secrets).ok()) std::abort();
  own.back() = own.back() == '0' ? '1' : '0';
  if (tajo::crypto::VerifyHubSignature(own, body, secrets).ok()) std::abort();
  return 0;
}
