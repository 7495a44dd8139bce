#include "common/telemetry/redact.h"

#include <gtest/gtest.h>

#include <string>

namespace tajo::telemetry {
namespace {

TEST(Redact, text_without_secrets_stays_as_it_is) {
  for (const std::string_view text : {"", "search finished", "PROJ-123 moved to Done", "@", "a @ b", "ratio 3:4",
                                      "https://api.brevo.com/v3/contacts?limit=50", "Basic authentication failed",
                                      "no bearer token", "eyJ", "key PROJ-1, at 10:30", "50% @ noon"}) {
    EXPECT_EQ(Redact(text), text);
  }
}

TEST(Redact, email_addresses_are_hidden) {
  EXPECT_EQ(Redact("contact some.customer+x@example.com not found"), "contact [email] not found");
  EXPECT_EQ(Redact("<a@example.org>, b@sub.example.org."), "<[email]>, [email].");
  EXPECT_EQ(Redact("o'customer@example.com"), "[email]");
}

TEST(Redact, email_in_a_url_is_hidden_encoded_or_not) {
  EXPECT_EQ(Redact("GET /v3/contacts/customer%40example.com?identifierType=email_id"),
            "GET /v3/contacts/[email]?identifierType=email_id");
  EXPECT_EQ(Redact("GET /v3/contacts/customer@example.com"), "GET /v3/contacts/[email]");
}

TEST(Redact, international_email_is_hidden) {
  EXPECT_EQ(Redact("an größe@über.example"), "an [email]");
}

TEST(Redact, brevo_keys_are_hidden) {
  EXPECT_EQ(Redact("key xkeysib-0a1b2c3d4e5f-AbCdEf rejected"), "key [redacted] rejected");
  EXPECT_EQ(Redact("xsmtpsib-0a1b2c3d4e5f"), "[redacted]");
}

TEST(Redact, atlassian_tokens_are_hidden) {
  EXPECT_EQ(Redact("token ATATT3xFfGF0T4JNjZ_-=1A2B3C4D!"), "token [redacted]!");
  EXPECT_EQ(Redact("(ATCTT3xFfGN0abcdef)"), "([redacted])");
  EXPECT_EQ(Redact("keyATATT3xFfGF0T4JNjZ"), "key[redacted]");
}

TEST(Redact, jwts_are_hidden) {
  EXPECT_EQ(Redact("jwt=eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJ4In0.c2ln sent"), "jwt=[redacted] sent");
}

TEST(Redact, authorization_headers_are_hidden_in_any_case) {
  EXPECT_EQ(Redact("sent Bearer abcdef now"), "sent Bearer [redacted] now");
  EXPECT_EQ(Redact("sent bearer  abc.def"), "sent bearer  [redacted]");
  EXPECT_EQ(Redact("BASIC dXNlcjpwYXNz"), "BASIC [redacted]");
  EXPECT_EQ(Redact("Authorization: Basic dXNlcjpwYXNz"), "Authorization: [redacted]");
  EXPECT_EQ(Redact("api-key: xyz"), "api-key: [redacted]");
}

TEST(Redact, secrets_in_json_and_forms_are_hidden) {
  EXPECT_EQ(Redact(R"({"refresh_token":"abc","expires_in":3600})"),
            R"({"refresh_token":"[redacted]","expires_in":3600})");
  EXPECT_EQ(Redact("grant_type=x&client_secret=abc&code=1"), "grant_type=x&client_secret=[redacted]&code=1");
}

TEST(Redact, password_in_a_url_is_hidden) {
  EXPECT_EQ(Redact("connecting to redis://user:pa@ss@redis.example.org:6379/0"),
            "connecting to redis://[redacted]@redis.example.org:6379/0");
}

TEST(Redact, several_in_one_text_are_all_hidden) {
  EXPECT_EQ(Redact("a@example.com Bearer t0ken b@example.com"), "[email] Bearer [redacted] [email]");
}

TEST(IsSensitiveName, names_of_secrets_and_persons_in_any_spelling) {
  for (const std::string_view name :
       {"token", "access_token", "clientSecret", "PASSWORD", "Authorization", "api-key", "api_key", "apiKey", "email",
        "user_email", "body", "display_name", "cookie", "phone"}) {
    EXPECT_TRUE(IsSensitiveName(name)) << name;
  }
  for (const std::string_view name : {"connection", "issue_key", "endpoint", "code", "reason", "key_id"}) {
    EXPECT_FALSE(IsSensitiveName(name)) << name;
  }
}

}  // namespace
}  // namespace tajo::telemetry
