#pragma once

#include <span>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "common/base/secret.h"

namespace tajo::crypto {

// How X-Hub-Signature begins: the only method that is accepted.
inline constexpr std::string_view kHubMethod = "sha256=";

// Whether `header_value` (X-Hub-Signature: "sha256=<hex>") signs `raw_body`, the bytes as they came,
// with one of `secrets` (two while rotating). WEBHOOK_NOT_AUTHENTIC if not. Every secret is tried, so
// that the time tells nothing; an empty secret never matches.
absl::Status VerifyHubSignature(std::string_view header_value, std::string_view raw_body,
                                std::span<const base::Secret> secrets);

// The header that Jira would send: for the simulator and for tests.
std::string HubSignature(std::string_view raw_body, const base::Secret& secret);

}  // namespace tajo::crypto
