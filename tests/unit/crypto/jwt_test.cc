#include "common/crypto/jwt.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <vector>

#include "common/base/error.h"
#include "common/crypto/base64.h"
#include "common/crypto/digest.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::crypto {
namespace {

using base::Secret;

constexpr int64_t kNow = 1'790'000'000;
constexpr std::string_view kClaims = R"({"iss":"jira","iat":1789999990,"exp":1790000300})";

base::WallTime At(int64_t seconds) {
  return base::FromMillis(seconds * 1000);
}
std::vector<Secret> ClientSecret() {
  return {Secret("ATOA-client-secret")};
}

// A token with any header, correctly signed with HS256.
std::string SignedWith(std::string_view header, std::string_view claims, const Secret& secret) {
  const std::string text = fmt::format("{}.{}", Base64Url(header), Base64Url(claims));
  return fmt::format("{}.{}", text, Base64Url(Bytes(HmacSha256(secret.Reveal(), text))));
}

absl::StatusOr<JwtClaims> Verify(std::string_view token, const std::vector<Secret>& secrets = ClientSecret()) {
  return VerifyJwt(token, secrets, At(kNow));
}

void ExpectRefused(std::string_view token, std::string_view because,
                   const std::vector<Secret>& secrets = ClientSecret()) {
  const auto claims = Verify(token, secrets);
  EXPECT_EQ(base::ReasonOf(claims.status()), jira::v1::WEBHOOK_NOT_AUTHENTIC) << token;
  EXPECT_NE(claims.status().ToString().find(because), std::string::npos) << claims.status();
}

// RFC 7515, appendix A.1.
constexpr std::string_view kRfcToken =
    "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9"
    ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
    ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
std::vector<Secret> RfcSecret() {
  return {
      Secret(*UnBase64Url("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"))};
}

TEST(VerifyJwt, token_of_rfc_7515_in_its_time_is_valid) {
  const auto claims = VerifyJwt(kRfcToken, RfcSecret(), At(1'300'819'379));
  ASSERT_TRUE(claims.ok()) << claims.status();
  EXPECT_EQ(claims->issuer, "joe");
  EXPECT_EQ(claims->expires_at_s, 1'300'819'380);
  EXPECT_EQ(claims->issued_at_s, std::nullopt);
  EXPECT_FALSE(claims->expired);
}

TEST(VerifyJwt, token_of_rfc_7515_a_day_later_is_signed_but_expired) {
  const auto claims = VerifyJwt(kRfcToken, RfcSecret(), At(1'300'819'380 + 86'400));
  ASSERT_TRUE(claims.ok()) << claims.status();
  EXPECT_TRUE(claims->expired);
  EXPECT_EQ(claims->expired_for, std::chrono::hours(24));
}

TEST(VerifyJwt, expiry_is_taken_with_a_leeway_of_a_minute) {
  const auto just_valid = VerifyJwt(kRfcToken, RfcSecret(), At(1'300'819'380 + 59));
  ASSERT_TRUE(just_valid.ok());
  EXPECT_FALSE(just_valid->expired);
  EXPECT_EQ(just_valid->expired_for, std::chrono::seconds(0));
  const auto just_expired = VerifyJwt(kRfcToken, RfcSecret(), At(1'300'819'380 + 60));
  ASSERT_TRUE(just_expired.ok());
  EXPECT_TRUE(just_expired->expired);
  EXPECT_EQ(just_expired->expired_for, std::chrono::seconds(60));
}

TEST(VerifyJwt, token_that_we_signed_is_valid) {
  const auto claims = Verify(SignJwt(kClaims, ClientSecret()[0]));
  ASSERT_TRUE(claims.ok()) << claims.status();
  EXPECT_EQ(claims->issuer, "jira");
  EXPECT_EQ(claims->issued_at_s, 1'789'999'990);
  EXPECT_EQ(claims->expires_at_s, 1'790'000'300);
  EXPECT_EQ(claims->secret_index, 0U);
}

TEST(VerifyJwt, token_without_times_is_valid) {
  const auto claims = Verify(SignJwt("{}", ClientSecret()[0]));
  ASSERT_TRUE(claims.ok()) << claims.status();
  EXPECT_FALSE(claims->expired);
  EXPECT_EQ(claims->expires_at_s, std::nullopt);
}

TEST(VerifyJwt, token_without_an_expiry_is_valid_for_an_hour_from_its_issue) {
  const auto issued = [](int64_t seconds_ago) {
    return Verify(SignJwt(fmt::format(R"({{"iat":{}}})", kNow - seconds_ago), ClientSecret()[0]));
  };
  const auto valid = issued(3'659);  // with the leeway
  ASSERT_TRUE(valid.ok()) << valid.status();
  EXPECT_FALSE(valid->expired);
  EXPECT_EQ(valid->expires_at_s, kNow - 59);
  const auto expired = issued(3'660);
  ASSERT_TRUE(expired.ok()) << expired.status();
  EXPECT_TRUE(expired->expired);
  EXPECT_EQ(expired->expired_for, std::chrono::seconds(60));
}

TEST(VerifyJwt, second_secret_while_rotating_is_named) {
  const auto claims = Verify(SignJwt(kClaims, Secret("old")), {Secret("new"), Secret("old")});
  ASSERT_TRUE(claims.ok()) << claims.status();
  EXPECT_EQ(claims->secret_index, 1U);
}

TEST(VerifyJwt, other_secret_none_or_an_empty_one_is_refused) {
  const std::string token = SignJwt(kClaims, Secret("another"));
  ExpectRefused(token, "isn't signed with");
  ExpectRefused(token, "isn't signed with", {});
  ExpectRefused(SignJwt(kClaims, Secret("")), "isn't signed with", {Secret("")});
}

TEST(VerifyJwt, algorithms_other_than_HS256_are_refused_even_if_the_bytes_would_match) {
  for (const char* algorithm : {R"("none")", R"("None")", R"("RS256")", R"("HS512")", R"("HS384")", R"("ES256")",
                                R"("hs256")", R"("HS256 ")", R"("")", "null", "256", R"(["HS256"])"}) {
    ExpectRefused(SignedWith(fmt::format(R"({{"alg":{}}})", algorithm), kClaims, ClientSecret()[0]), "HS256");
  }
  ExpectRefused(SignedWith(R"({"typ":"JWT"})", kClaims, ClientSecret()[0]), "HS256");
}

TEST(VerifyJwt, token_without_a_signature_is_refused) {
  const std::string unsigned_token = fmt::format("{}.{}.", Base64Url(R"({"alg":"none"})"), Base64Url(kClaims));
  ExpectRefused(unsigned_token, "HS256");
  const std::string cut = fmt::format("{}.{}.", Base64Url(R"({"alg":"HS256"})"), Base64Url(kClaims));
  ExpectRefused(cut, "signature");
}

TEST(VerifyJwt, critical_extensions_are_refused) {
  ExpectRefused(SignedWith(R"({"alg":"HS256","crit":["b64"],"b64":false})", kClaims, ClientSecret()[0]), "crit");
}

TEST(VerifyJwt, changed_claims_are_refused) {
  const std::string token = SignJwt(kClaims, ClientSecret()[0]);
  const std::string signature = token.substr(token.rfind('.'));
  const std::string header = token.substr(0, token.find('.'));
  ExpectRefused(fmt::format("{}.{}{}", header, Base64Url(R"({"iss":"jira","exp":1999999999})"), signature),
                "isn't signed with");
}

TEST(VerifyJwt, malformed_tokens_are_refused) {
  const std::string token = SignJwt(kClaims, ClientSecret()[0]);
  for (const std::string& broken :
       {std::string(), std::string("."), std::string(".."), std::string("a.b.c"), "Bearer " + token, token + "=",
        token + ".", "." + token, " " + token, token + "\n", token.substr(0, token.rfind('.'))}) {
    EXPECT_EQ(base::ReasonOf(Verify(broken).status()), jira::v1::WEBHOOK_NOT_AUTHENTIC) << broken;
  }
}

TEST(VerifyJwt, padded_base64url_is_refused) {
  // {"alg":"HS256"} has 15 bytes and no padding; with a blank it has 16 and would have.
  const std::string text = fmt::format("{}==.{}", Base64Url(R"({"alg":"HS256" })"), Base64Url(kClaims));
  ExpectRefused(fmt::format("{}.{}", text, Base64Url(Bytes(HmacSha256("ATOA-client-secret", text)))), "header");
}

TEST(VerifyJwt, start_in_the_future_is_refused_beyond_the_leeway) {
  for (const char* claim : {"nbf", "iat"}) {
    const auto with = [claim](int64_t seconds) {
      return SignJwt(fmt::format(R"({{"{}":{}}})", claim, seconds), ClientSecret()[0]);
    };
    EXPECT_TRUE(Verify(with(kNow + 60)).ok()) << claim;
    ExpectRefused(with(kNow + 61), "clock");
  }
}

TEST(VerifyJwt, fractions_of_a_second_are_cut) {
  const auto claims = Verify(SignJwt(R"({"exp":1790000300.75})", ClientSecret()[0]));
  ASSERT_TRUE(claims.ok()) << claims.status();
  EXPECT_EQ(claims->expires_at_s, 1'790'000'300);
}

TEST(VerifyJwt, times_that_arent_times_are_refused) {
  for (const char* value : {R"("1790000300")", "null", "true", "-1", "1e300", "[]", "253402300800"}) {
    ExpectRefused(SignJwt(fmt::format(R"({{"exp":{}}})", value), ClientSecret()[0]), "isn't a time");
  }
}

TEST(VerifyJwt, claims_that_arent_an_object_are_refused) {
  for (const char* claims : {"", "[]", "null", "{", "\"exp\"", "{}{}", R"({"iss":1})"}) {
    EXPECT_FALSE(Verify(SignJwt(claims, ClientSecret()[0])).ok()) << claims;
  }
}

TEST(VerifyJwt, oversized_or_deep_tokens_are_refused) {
  ExpectRefused(SignJwt(fmt::format(R"({{"iss":"{}"}})", std::string(kMaxJwtBytes, 'x')), ClientSecret()[0]), "16 KB");
  const std::string deep = fmt::format(R"({{"a":{}{}}})", std::string(100, '['), std::string(100, ']'));
  ExpectRefused(SignJwt(deep, ClientSecret()[0]), "claims");
  ExpectRefused(SignedWith(fmt::format(R"({{"alg":"HS256","a":{}{}}})", std::string(100, '['), std::string(100, ']')),
                           kClaims, ClientSecret()[0]),
                "header");
}

TEST(LooksLikeJwt, token_of_any_secret_does) {
  EXPECT_TRUE(LooksLikeJwt(kRfcToken));
  EXPECT_TRUE(LooksLikeJwt(SignJwt(kClaims, Secret("another"))));
  EXPECT_TRUE(LooksLikeJwt(SignJwt("not claims", Secret("another"))));
}

TEST(LooksLikeJwt, what_no_secret_could_make_valid_doesnt) {
  const std::string token = SignJwt(kClaims, Secret("another"));
  const std::string header = token.substr(0, token.find('.'));
  const std::string signature = token.substr(token.rfind('.'));
  for (const std::string& broken : {std::string(), std::string("not-a-token"), std::string("a.b.c"), token + ".",
                                    token + "=", header + ".{}" + signature, token.substr(0, token.size() - 4),
                                    SignedWith(R"({"alg":"none"})", kClaims, Secret("another")),
                                    SignedWith(R"({"alg":"HS256","crit":["b64"]})", kClaims, Secret("another")),
                                    SignJwt(std::string(kMaxJwtBytes, 'x'), Secret("another"))}) {
    EXPECT_FALSE(LooksLikeJwt(broken)) << broken;
  }
}

}  // namespace
}  // namespace tajo::crypto
