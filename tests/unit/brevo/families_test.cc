#include "common/brevo/families.h"

#include <gtest/gtest.h>

namespace tajo::brevo {
namespace {

constexpr std::chrono::seconds kSecond{1};
constexpr std::chrono::hours kHour{1};

TEST(InferLimitTest, AResetBeyondASecondMeansAnHour) {
  EXPECT_EQ(InferLimit(100, 1800, {10, kSecond}).period, kHour);
}

TEST(InferLimitTest, TheLastSecondOfAnHourKeepsTheHour) {
  EXPECT_EQ(InferLimit(100, 1, {100, kHour}).period, kHour);
  EXPECT_EQ(InferLimit(36'000, 1, {10, kSecond}).period, kHour);
  EXPECT_EQ(InferLimit(60, 1, {10, kSecond}).period, kSecond);
}

}  // namespace
}  // namespace tajo::brevo
