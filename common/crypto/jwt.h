#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "common/base/secret.h"

namespace tajo::crypto {

constexpr std::size_t kMaxJwtBytes = 16 * 1024;
constexpr base::Duration kJwtLeeway = std::chrono::seconds(60);

// What a correctly signed token says. Times are seconds since 1970.
struct JwtClaims {
  std::string issuer;  // empty: not said
  std::optional<int64_t> issued_at_s;
  std::optional<int64_t> not_before_s;
  std::optional<int64_t> expires_at_s;  // where only `iat` is said: an hour after it
  // Past `expires_at_s` by more than the leeway. The signature is right nevertheless: the caller
  // decides by `expired_for` whether the message is worth something still.
  bool expired = false;
  std::chrono::seconds expired_for{0};  // since `expires_at_s`; 0 unless expired
  std::size_t secret_index = 0;         // which of the secrets signed it
};

// Whether VerifyJwt would get as far as the secrets: three parts in base64url, HS256, a signature of its
// length. Costs next to nothing, so that what needs more work can wait for it.
bool LooksLikeJwt(std::string_view token);

// Verifies a token in the compact form (without "Bearer ") that Jira sends with dynamic webhooks:
// HS256 with the app's client secret, nothing else. WEBHOOK_NOT_AUTHENTIC when it isn't such a token,
// when none of `secrets` signed it, or when it is of the future. Every secret is tried; an empty one
// never matches.
absl::StatusOr<JwtClaims> VerifyJwt(std::string_view token, std::span<const base::Secret> secrets, base::WallTime now,
                                    base::Duration leeway = kJwtLeeway);

// A token over `claims`, a JSON object: for the simulator and for tests.
std::string SignJwt(std::string_view claims, const base::Secret& secret);

}  // namespace tajo::crypto
