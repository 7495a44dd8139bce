#include "common/crypto/signature.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "common/base/error.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::crypto {
namespace {

using base::Secret;

// The vector of Atlassian's documentation.
constexpr std::string_view kBody = "Hello World!";
constexpr std::string_view kHex = "a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9";
const std::string kHeader = "sha256=" + std::string(kHex);

std::vector<Secret> VendorSecret() {
  return {Secret("It's a Secret to Everybody")};
}

void ExpectSignatureRefused(std::string_view header, std::string_view body, const std::vector<Secret>& secrets) {
  const absl::Status status = VerifyHubSignature(header, body, secrets);
  EXPECT_EQ(base::ReasonOf(status), jira::v1::WEBHOOK_NOT_AUTHENTIC) << header << " -> " << status;
  for (const Secret& secret : secrets) {
    if (secret.Empty()) continue;
    EXPECT_EQ(status.ToString().find(secret.Reveal()), std::string::npos);
  }
}

TEST(VerifyHubSignature, vector_of_the_vendor_is_accepted) {
  EXPECT_TRUE(VerifyHubSignature(kHeader, kBody, VendorSecret()).ok());
}

TEST(VerifyHubSignature, upper_case_hex_is_accepted) {
  std::string hex(kHex);
  std::ranges::transform(hex, hex.begin(), [](unsigned char c) { return std::toupper(c); });
  EXPECT_TRUE(VerifyHubSignature("sha256=" + hex, kBody, VendorSecret()).ok());
}

TEST(VerifyHubSignature, second_secret_while_rotating_is_accepted) {
  const std::vector<Secret> secrets = {Secret("the new one"), Secret("It's a Secret to Everybody")};
  EXPECT_TRUE(VerifyHubSignature(kHeader, kBody, secrets).ok());
}

TEST(VerifyHubSignature, first_of_two_secrets_is_accepted) {
  const std::vector<Secret> secrets = {Secret("It's a Secret to Everybody"), Secret("the old one")};
  EXPECT_TRUE(VerifyHubSignature(kHeader, kBody, secrets).ok());
}

TEST(VerifyHubSignature, one_changed_byte_of_the_body_is_refused) {
  ExpectSignatureRefused(kHeader, "Hello World?", VendorSecret());
  ExpectSignatureRefused(kHeader, "Hello World! ", VendorSecret());
  ExpectSignatureRefused(kHeader, "", VendorSecret());
}

TEST(VerifyHubSignature, other_secret_is_refused) {
  ExpectSignatureRefused(kHeader, kBody, {Secret("another")});
}

TEST(VerifyHubSignature, no_secret_is_refused) {
  ExpectSignatureRefused(kHeader, kBody, {});
}

TEST(VerifyHubSignature, signature_made_with_an_empty_secret_is_refused) {
  const std::vector<Secret> secrets = {Secret(""), Secret("set")};
  ExpectSignatureRefused(HubSignature(kBody, Secret("")), kBody, secrets);
}

TEST(VerifyHubSignature, other_methods_are_refused) {
  // HMAC-SHA1 of the same body with the same secret, and sha256 by other names.
  const std::string hex(kHex);
  for (const std::string& header :
       {std::string("sha1=") + hex.substr(0, 40), "SHA256=" + hex, "sha512=" + hex + hex, "md5=" + hex.substr(0, 32),
        "sha256:" + hex, hex, std::string("none="), "sha256 =" + hex}) {
    ExpectSignatureRefused(header, kBody, VendorSecret());
  }
}

TEST(VerifyHubSignature, malformed_hex_is_refused) {
  const std::string hex(kHex);
  for (const std::string& header : {std::string(), std::string("sha256="), "sha256=" + hex.substr(0, 62),
                                    "sha256=" + hex + "00", "sha256=" + hex.substr(0, 63) + "g", "sha256= " + hex,
                                    kHeader + " ", kHeader + "," + kHeader, "sha256=" + std::string(64, '0')}) {
    ExpectSignatureRefused(header, kBody, VendorSecret());
  }
}

TEST(HubSignature, vector_of_the_vendor_is_made) {
  EXPECT_EQ(HubSignature(kBody, VendorSecret()[0]), kHeader);
}

}  // namespace
}  // namespace tajo::crypto
