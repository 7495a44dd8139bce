#include "services/webhook-ingest/why_refused.h"

#include <gtest/gtest.h>

namespace tajo::ingest {
namespace {

TEST(WhyRefusedTest, Names_AreTheMetricsLabels) {
  EXPECT_EQ(NameOf(WhyRefused::kNoSignature), "no_signature");
  EXPECT_EQ(NameOf(WhyRefused::kWrongMethod), "wrong_method");
  EXPECT_EQ(NameOf(WhyRefused::kSignature), "signature");
  EXPECT_EQ(NameOf(WhyRefused::kNoToken), "no_token");
  EXPECT_EQ(NameOf(WhyRefused::kToken), "token");
  EXPECT_EQ(NameOf(WhyRefused::kExpired), "expired");
  EXPECT_EQ(NameOf(WhyRefused::kUnknownConnection), "unknown_connection");
}

TEST(WhyRefusedTest, SignatureThatDoesntAdmit_IsToldByItsHeader) {
  EXPECT_EQ(WhyNotAdmitted(""), WhyRefused::kNoSignature);
  EXPECT_EQ(WhyNotAdmitted("sha1=2fd4e1c67a2d28fced849ee1bb76e7391b93eb12"), WhyRefused::kWrongMethod);
  EXPECT_EQ(WhyNotAdmitted("SHA256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9"),
            WhyRefused::kWrongMethod);
  EXPECT_EQ(WhyNotAdmitted("sha256=a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9"),
            WhyRefused::kSignature);
  EXPECT_EQ(WhyNotAdmitted("sha256=no hex"), WhyRefused::kSignature);
}

}  // namespace
}  // namespace tajo::ingest
