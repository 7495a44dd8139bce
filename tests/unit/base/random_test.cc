#include "common/base/random.h"

#include <gtest/gtest.h>

#include <set>

namespace tajo::base {
namespace {

class FixedRandom final : public Random {
 public:
  explicit FixedRandom(uint64_t value) : value_(value) {}
  uint64_t Next() override { return value_; }

 private:
  uint64_t value_;
};

TEST(Random, fraction_at_its_ends_stays_in_zero_to_one) {
  EXPECT_EQ(FixedRandom(0).Fraction(), 0.0);
  EXPECT_LT(FixedRandom(~uint64_t{0}).Fraction(), 1.0);
  EXPECT_GT(FixedRandom(~uint64_t{0}).Fraction(), 0.999999);
}

TEST(Random, hex_has_two_digits_a_byte) {
  EXPECT_EQ(FixedRandom(0x0123456789abcdefULL).Hex(9), "efcdab8967452301ef");
  EXPECT_EQ(FixedRandom(1).Hex(0), "");
}

TEST(SeededRandom, with_the_same_seed_repeats_itself) {
  SeededRandom first(42);
  SeededRandom second(42);
  SeededRandom other(43);
  const std::string hex = first.Hex(32);
  EXPECT_EQ(second.Hex(32), hex);
  EXPECT_NE(other.Hex(32), hex);
}

TEST(SystemRandom, many_ids_are_all_different) {
  SystemRandom random;
  std::set<std::string> ids;
  for (int i = 0; i < 1000; ++i) ids.insert(random.Hex(16));
  EXPECT_EQ(ids.size(), 1000u);
}

}  // namespace
}  // namespace tajo::base
