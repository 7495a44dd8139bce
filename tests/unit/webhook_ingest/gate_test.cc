#include "services/webhook-ingest/gate.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "common/crypto/jwt.h"
#include "common/crypto/signature.h"

namespace tajo::ingest {
namespace {

// The vendor's own example.
constexpr char kSecret[] = "It's a Secret to Everybody";
constexpr char kBody[] = "Hello World!";
constexpr char kSignature[] = "sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9";
constexpr int64_t kNowS = 1'790'000'000;

class GateTest : public ::testing::Test {
 protected:
  static KnownConnection Connection(std::vector<std::string> secrets) {
    KnownConnection connection;
    connection.id = "c_1";
    connection.takes_webhooks = true;
    for (std::string& secret : secrets) connection.webhook_secrets.emplace_back(std::move(secret));
    return connection;
  }
  static TokenVerdict Check(std::string_view claims, const std::string& secret = "client-secret") {
    const std::vector<base::Secret> app = {base::Secret("client-secret"), base::Secret("former-secret")};
    return Gate::CheckToken(crypto::SignJwt(claims, base::Secret(secret)), app, base::FromMillis(kNowS * 1000));
  }

  base::SeededRandom random_{1};
  Gate gate_{random_};
};

TEST_F(GateTest, VendorsVector_IsAdmitted) {
  const KnownConnection connection = Connection({kSecret});
  EXPECT_TRUE(gate_.AdmitsSigned(&connection, kSignature, kBody));
}

TEST_F(GateTest, BothSecretsOfARotation_AreAdmitted) {
  const KnownConnection connection = Connection({"the new one", kSecret});
  EXPECT_TRUE(gate_.AdmitsSigned(&connection, kSignature, kBody));
  EXPECT_TRUE(gate_.AdmitsSigned(&connection, crypto::HubSignature(kBody, base::Secret("the new one")), kBody));
}

TEST_F(GateTest, AnotherBodySignatureOrMethod_IsRefused) {
  const KnownConnection connection = Connection({kSecret});
  EXPECT_FALSE(gate_.AdmitsSigned(&connection, kSignature, "Hello World! "));
  EXPECT_FALSE(gate_.AdmitsSigned(&connection, "", kBody));
  EXPECT_FALSE(gate_.AdmitsSigned(&connection, "sha1=2fd4e1c67a2d28fced849ee1bb76e7391b93eb12", kBody));
  EXPECT_FALSE(gate_.AdmitsSigned(&connection, std::string(kSignature).substr(0, 70), kBody));
}

TEST_F(GateTest, ConnectionWithoutSecret_AdmitsNothing) {
  const KnownConnection none = Connection({});
  const KnownConnection empty = Connection({""});
  for (const KnownConnection* connection : {&none, &empty}) {
    EXPECT_FALSE(gate_.AdmitsSigned(connection, "", kBody));
    EXPECT_FALSE(gate_.AdmitsSigned(connection, crypto::HubSignature(kBody, base::Secret("")), kBody));
  }
}

TEST_F(GateTest, UnknownOrPendingConnection_AdmitsNothing) {
  KnownConnection pending = Connection({kSecret});
  pending.takes_webhooks = false;
  EXPECT_FALSE(gate_.AdmitsSigned(&pending, kSignature, kBody));
  EXPECT_FALSE(gate_.AdmitsSigned(nullptr, kSignature, kBody));
}

TEST_F(GateTest, Token_OfEitherSecret_IsValid) {
  const std::string claims = fmt::format(R"({{"iat":{},"exp":{}}})", kNowS - 5, kNowS + 175);
  EXPECT_EQ(Check(claims), TokenVerdict::kValid);
  EXPECT_EQ(Check(claims, "former-secret"), TokenVerdict::kValid);
  EXPECT_EQ(Check(claims, "another-app"), TokenVerdict::kRefused);
  EXPECT_EQ(Check(R"({})"), TokenVerdict::kValid);
}

TEST_F(GateTest, Token_ExpiredWithinADay_IsOnlyAHint) {
  EXPECT_EQ(Check(fmt::format(R"({{"exp":{}}})", kNowS - 59)), TokenVerdict::kValid);
  EXPECT_EQ(Check(fmt::format(R"({{"exp":{}}})", kNowS - 3600)), TokenVerdict::kExpired);
  EXPECT_EQ(Check(fmt::format(R"({{"exp":{}}})", kNowS - 86'399)), TokenVerdict::kExpired);
  EXPECT_EQ(Check(fmt::format(R"({{"exp":{}}})", kNowS - 86'400)), TokenVerdict::kTooLate);
  EXPECT_EQ(Check(fmt::format(R"({{"exp":{}}})", kNowS - 3600), "another-app"), TokenVerdict::kRefused);
  EXPECT_EQ(Check(fmt::format(R"({{"exp":{}}})", kNowS - 86'400), "another-app"), TokenVerdict::kRefused);
}

TEST_F(GateTest, Token_WithoutAnExpiry_IsOnlyAHintAnHourAfterItsIssue) {
  EXPECT_EQ(Check(fmt::format(R"({{"iat":{}}})", kNowS - 3'600)), TokenVerdict::kValid);
  EXPECT_EQ(Check(fmt::format(R"({{"iat":{}}})", kNowS - 7'200)), TokenVerdict::kExpired);
  EXPECT_EQ(Check(fmt::format(R"({{"iat":{}}})", kNowS - 3'600 - 86'400)), TokenVerdict::kTooLate);
}

TEST_F(GateTest, Token_OfTheFuture_IsRefused) {
  EXPECT_EQ(Check(fmt::format(R"({{"nbf":{}}})", kNowS + 61)), TokenVerdict::kRefused);
  EXPECT_EQ(Check(fmt::format(R"({{"iat":{}}})", kNowS + 61)), TokenVerdict::kRefused);
}

}  // namespace
}  // namespace tajo::ingest
