#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "common/brevo/webhook.h"

// Any body is read or refused. Whom a notice names can be put into a request and a log's field: one
// address, without blanks or control characters.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  const auto delivery = tajo::brevo::ReadWebhook({reinterpret_cast<const char*>(data), size});
  if (!delivery.ok()) return 0;
  for (const auto& notice : delivery->notices) {
    if (notice.email.empty() || notice.email.size() > 320 || notice.at_ms < 0) std::abort();
    for (const char c : notice.email) {
      if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7f) std::abort();
    }
  }
  if (delivery->notices.size() > tajo::brevo::kMaxWebhookEvents) std::abort();
  return 0;
}
