#include "common/crypto/jwt.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "common/base/error.h"
#include "common/crypto/base64.h"
#include "common/crypto/digest.h"
#include "common/json/parse.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::crypto {
namespace {

constexpr json::ParseLimits kLimits{.max_bytes = kMaxJwtBytes, .max_depth = 16};
// NumericDates beyond this (the year 9999) are nonsense, and would overflow nanoseconds.
constexpr double kLatestSecond = 253402300799;
// Of a token that doesn't say when it expires: none may be valid for ever.
constexpr int64_t kLifeWithoutExpS = 3600;

absl::Status TokenRefused(std::string_view message) {
  return base::Error(jira::v1::WEBHOOK_NOT_AUTHENTIC, fmt::format("the webhook's token {}", message));
}

struct Parts {
  std::string_view header;
  std::string_view payload;
  std::string_view signature;
  std::string_view signed_text;  // header.payload
};

std::optional<Parts> Split(std::string_view token) {
  const std::size_t first = token.find('.');
  if (first == std::string_view::npos) return std::nullopt;
  const std::size_t second = token.find('.', first + 1);
  if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos) return std::nullopt;
  return Parts{token.substr(0, first), token.substr(first + 1, second - first - 1), token.substr(second + 1),
               token.substr(0, second)};
}

std::optional<nlohmann::json> ParseObject(std::string_view part) {
  const auto text = UnBase64Url(part);
  if (!text) return std::nullopt;
  auto document = json::ParseJson(*text, jira::v1::WEBHOOK_NOT_AUTHENTIC, kLimits);
  if (!document.ok() || !document->is_object()) return std::nullopt;
  return *std::move(document);
}

// All that can be told of a token without a secret.
struct Outside {
  Parts parts;
  std::string signature;
};

absl::StatusOr<Outside> ReadOutside(std::string_view token) {
  if (token.size() > kMaxJwtBytes) return TokenRefused("is larger than 16 KB");
  const auto parts = Split(token);
  if (!parts) return TokenRefused("isn't a signed JWT of three parts");
  const auto header = ParseObject(parts->header);
  if (!header) return TokenRefused("has a header that isn't a JSON object in base64url");
  const auto algorithm = header->find("alg");
  if (algorithm == header->end() || *algorithm != "HS256") {
    return TokenRefused("isn't signed with HS256, the only algorithm that is accepted");
  }
  // RFC 7515: extensions that must be understood, and none is.
  if (header->contains("crit")) return TokenRefused("demands extensions (crit)");
  auto signature = UnBase64Url(parts->signature);
  if (!signature || signature->size() != Digest().size()) return TokenRefused("has a signature that isn't of HS256");
  return Outside{*parts, *std::move(signature)};
}

// Which secret made the signature; all are tried.
std::optional<std::size_t> FindSigner(const Parts& parts, std::string_view signature,
                                      std::span<const base::Secret> secrets) {
  std::optional<std::size_t> signer;
  for (std::size_t i = 0; i < secrets.size(); ++i) {
    const Digest expected = HmacSha256(secrets[i].Reveal(), parts.signed_text);
    const bool equal = ConstantTimeEquals(Bytes(expected), signature);
    if (equal && !secrets[i].Empty() && !signer) signer = i;
  }
  return signer;
}

// A NumericDate may have a fraction. False when it is there but isn't a date.
bool ReadSeconds(const nlohmann::json& payload, const char* name, std::optional<int64_t>& out) {
  const auto found = payload.find(name);
  if (found == payload.end()) return true;
  if (!found->is_number()) return false;
  const double seconds = found->get<double>();
  if (!(seconds >= 0 && seconds <= kLatestSecond)) return false;
  out = static_cast<int64_t>(std::floor(seconds));
  return true;
}

absl::StatusOr<JwtClaims> ReadClaims(const nlohmann::json& payload, base::WallTime now, base::Duration leeway) {
  JwtClaims claims;
  if (const auto issuer = payload.find("iss"); issuer != payload.end()) {
    if (!issuer->is_string()) return TokenRefused("has a claim iss that isn't a string");
    claims.issuer = issuer->get<std::string>();
  }
  if (!ReadSeconds(payload, "iat", claims.issued_at_s) || !ReadSeconds(payload, "nbf", claims.not_before_s) ||
      !ReadSeconds(payload, "exp", claims.expires_at_s)) {
    return TokenRefused("has a claim iat, nbf or exp that isn't a time");
  }
  if (!claims.expires_at_s && claims.issued_at_s) claims.expires_at_s = *claims.issued_at_s + kLifeWithoutExpS;
  const int64_t now_s = base::ToMillis(now) / 1000;
  const int64_t leeway_s = std::chrono::duration_cast<std::chrono::seconds>(leeway).count();
  for (const auto& start : {claims.issued_at_s, claims.not_before_s}) {
    if (start && *start > now_s + leeway_s) {
      return TokenRefused(fmt::format("is valid only {} s from now: check this machine's clock", *start - now_s));
    }
  }
  // RFC 7519: on or after `exp` a token is no longer valid.
  if (claims.expires_at_s && now_s >= *claims.expires_at_s + leeway_s) {
    claims.expired = true;
    claims.expired_for = std::chrono::seconds(now_s - *claims.expires_at_s);
  }
  return claims;
}

}  // namespace

bool LooksLikeJwt(std::string_view token) {
  const auto outside = ReadOutside(token);
  return outside.ok() && UnBase64Url(outside->parts.payload).has_value();
}

absl::StatusOr<JwtClaims> VerifyJwt(std::string_view token, std::span<const base::Secret> secrets, base::WallTime now,
                                    base::Duration leeway) {
  TAJO_ASSIGN_OR_RETURN(const Outside outside, ReadOutside(token));
  const auto signer = FindSigner(outside.parts, outside.signature, secrets);
  if (!signer) return TokenRefused("isn't signed with the app's client secret");
  const auto payload = ParseObject(outside.parts.payload);
  if (!payload) return TokenRefused("has claims that aren't a JSON object in base64url");
  auto claims = ReadClaims(*payload, now, leeway);
  if (claims.ok()) claims->secret_index = *signer;
  return claims;
}

std::string SignJwt(std::string_view claims, const base::Secret& secret) {
  const std::string text = fmt::format("{}.{}", Base64Url(R"({"alg":"HS256","typ":"JWT"})"), Base64Url(claims));
  return fmt::format("{}.{}", text, Base64Url(Bytes(HmacSha256(secret.Reveal(), text))));
}

}  // namespace tajo::crypto
