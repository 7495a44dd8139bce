#include "common/base/secret.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <ostream>
#include <type_traits>

namespace tajo::base {
namespace {

template <class T>
concept Streamable = requires(std::ostream& out, const T& value) { out << value; };

static_assert(!Streamable<Secret>, "a secret must not print");
static_assert(!fmt::is_formattable<Secret>::value, "a secret must not be formatted");
static_assert(!std::is_convertible_v<Secret, std::string>, "the one way to the value is Reveal");
static_assert(!std::is_convertible_v<std::string, Secret>, "a string becomes a secret only by intent");

TEST(Secret, revealed_gives_the_value) {
  EXPECT_EQ(Secret("xkeysib-0123").Reveal(), "xkeysib-0123");
  EXPECT_FALSE(Secret("xkeysib-0123").Empty());
  EXPECT_TRUE(Secret().Empty());
}

TEST(Secret, copied_leaves_both_whole) {
  const Secret first("one");
  Secret second("two");
  second = first;
  const Secret third(second);
  EXPECT_EQ(first.Reveal(), "one");
  EXPECT_EQ(second.Reveal(), "one");
  EXPECT_EQ(third.Reveal(), "one");
}

TEST(Secret, assigned_to_itself_keeps_its_value) {
  Secret secret("one");
  Secret& same = secret;
  secret = same;
  EXPECT_EQ(secret.Reveal(), "one");
  secret = std::move(same);
  EXPECT_EQ(secret.Reveal(), "one");
}

// Short strings live inside the object, where a move of std::string may leave them readable.
TEST(Secret, moved_from_leaves_no_bytes_behind) {
  Secret source("short");
  const char* const bytes = source.Reveal().data();
  const Secret target(std::move(source));
  EXPECT_EQ(target.Reveal(), "short");
  EXPECT_TRUE(source.Empty());  // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(bytes[0], '\0');
}

TEST(Secret, overwritten_wipes_the_old_value) {
  Secret secret("0123456789");
  const char* const bytes = secret.Reveal().data();
  secret = Secret("x");
  EXPECT_EQ(secret.Reveal(), "x");
  EXPECT_EQ(std::string_view(secret.Reveal().data(), 1), "x");
  EXPECT_EQ(bytes, secret.Reveal().data());  // in place: nothing of the old text is elsewhere
}

}  // namespace
}  // namespace tajo::base
