#include "services/gateway/caller.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <chrono>
#include <filesystem>
#include <fstream>

#include "common/base/error.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::gateway {
namespace {

namespace v1 = ::tajo::jira::v1;

// printf %s "open sesame" | sha256sum
constexpr char kDigest[] = "41ef4bb0b23661e66301aac36066912dac037827b4ae63a7b1165a5aa93ed4eb";

absl::StatusOr<AccessList> Parse(const std::string& yaml) {
  return AccessList::Parse(yaml, "tokens.yaml");
}

std::string ListFor(const std::string& tenants, const std::string& access) {
  return fmt::format("tokens:\n  - sha256: {}\n    tenants: {}\n    access: {}\n", kDigest, tenants, access);
}

TEST(AccessListTest, Token_of_the_list_is_its_tenants_caller) {
  const auto list = Parse(ListFor("[acme, beta]", "write"));
  ASSERT_TRUE(list.ok()) << list.status();
  const auto caller = list->Authenticate("Bearer open sesame");
  ASSERT_TRUE(caller.ok()) << caller.status();
  EXPECT_EQ(caller->access, Access::kWrite);
  EXPECT_TRUE(caller->MayUse("acme"));
  EXPECT_FALSE(caller->MayUse("gamma"));
  EXPECT_TRUE(list->Authenticate("bearer open sesame").ok());
}

TEST(AccessListTest, Anything_else_is_unauthenticated) {
  const auto list = Parse(ListFor("[acme]", "read"));
  ASSERT_TRUE(list.ok());
  for (const char* sent :
       {"", "Bearer", "Bearer ", "Bearer open", "Basic open sesame", "open sesame", "Bearer  open sesame",
        "Bearer 41ef4bb0b23661e66301aac36066912dac037827b4ae63a7b1165a5aa93ed4eb"}) {
    EXPECT_EQ(base::ReasonOf(list->Authenticate(sent).status()), v1::UNAUTHENTICATED) << sent;
  }
}

TEST(AccessListTest, Access_is_read_unless_it_says_write) {
  const auto list = Parse(fmt::format("tokens:\n  - {{sha256: {}, tenants: \"*\"}}\n", kDigest));
  ASSERT_TRUE(list.ok()) << list.status();
  const auto caller = list->Authenticate("Bearer open sesame");
  ASSERT_TRUE(caller.ok());
  EXPECT_EQ(caller->access, Access::kRead);
  EXPECT_TRUE(caller->every_tenant);
}

TEST(AccessListTest, Wrong_file_names_the_line) {
  const std::pair<std::string, std::string> cases[] = {
      {"", "tokens"},
      {"tokens: []\nusers: []\n", "tokens"},
      {"tokens:\n  - sha256: abc\n    tenants: [a]\n", "line 2: sha256"},
      {ListFor("[]", "read"), "line 3: tenants"},
      {ListFor("[\"a}b\"]", "read"), "tenant id"},
      {ListFor("[acme]", "admin"), "line 4: access"},
      {ListFor("[acme]", "read") + "    role: x\n", "line 5: unknown key role"},
      {"tokens:\n  - tenants: [a]\n", "sha256 and tenants"},
  };
  for (const auto& [yaml, words] : cases) {
    const auto list = Parse(yaml);
    ASSERT_FALSE(list.ok()) << yaml;
    EXPECT_EQ(base::ReasonOf(list.status()), v1::CONFIG_INVALID);
    EXPECT_NE(std::string(list.status().message()).find(words), std::string::npos) << list.status();
  }
}

class AccessFileTest : public ::testing::Test {
 protected:
  AccessFileTest() { Write(ListFor("[acme]", "read"), monday_); }
  ~AccessFileTest() override { std::filesystem::remove_all(folder_); }

  void Write(const std::string& text, std::filesystem::file_time_type time) {
    std::ofstream(Path()) << text;
    std::filesystem::last_write_time(Path(), time);
  }
  std::string Path() const { return folder_ / "tokens.yaml"; }
  bool Knows() const { return source_.Get()->Authenticate("Bearer open sesame").ok(); }

  static std::filesystem::path NewFolder() {
    std::string folder = ::testing::TempDir() + "tokens-XXXXXX";
    return mkdtemp(folder.data());
  }

  const std::filesystem::file_time_type tuesday_ = std::filesystem::file_time_type::clock::now();
  const std::filesystem::file_time_type monday_ = tuesday_ - std::chrono::hours(24);
  const std::filesystem::path folder_ = NewFolder();
  AccessSource source_{AccessList()};
  AccessFile file_{Path(), source_};
};

TEST_F(AccessFileTest, Token_that_was_taken_out_ends_with_the_next_look) {
  ASSERT_TRUE(file_.ReadIfChanged().ok());
  EXPECT_TRUE(Knows());
  Write("tokens: []\n", tuesday_);
  ASSERT_TRUE(file_.ReadIfChanged().ok());
  EXPECT_FALSE(Knows());
}

TEST_F(AccessFileTest, File_of_the_same_time_is_read_only_when_told) {
  ASSERT_TRUE(file_.ReadIfChanged().ok());
  Write("tokens: []\n", monday_);
  ASSERT_TRUE(file_.ReadIfChanged().ok());
  EXPECT_TRUE(Knows());
  ASSERT_TRUE(file_.Read().ok());
  EXPECT_FALSE(Knows());
}

TEST_F(AccessFileTest, Wrong_file_is_told_at_each_look_and_the_former_tokens_stay) {
  ASSERT_TRUE(file_.ReadIfChanged().ok());
  Write("tokens: [", tuesday_);
  for (int look = 0; look < 2; ++look) EXPECT_EQ(base::ReasonOf(file_.ReadIfChanged()), v1::CONFIG_INVALID);
  EXPECT_TRUE(Knows());
  std::filesystem::remove(Path());
  EXPECT_FALSE(file_.ReadIfChanged().ok());
  EXPECT_TRUE(Knows());
}

TEST(CallerTest, Tenant_may_be_left_out_where_one_is_bound) {
  Caller one;
  one.tenants = {"acme"};
  EXPECT_EQ(*one.Tenant(""), "acme");
  EXPECT_EQ(base::ReasonOf(one.Tenant("beta").status()), v1::PERMISSION_DENIED);
  Caller two;
  two.tenants = {"acme", "beta"};
  EXPECT_EQ(base::ReasonOf(two.Tenant("").status()), v1::REQUEST_INVALID);
  EXPECT_EQ(*two.Tenant("beta"), "beta");
  Caller every;
  every.every_tenant = true;
  EXPECT_EQ(base::ReasonOf(every.Tenant("").status()), v1::REQUEST_INVALID);
  EXPECT_EQ(*every.Tenant("beta"), "beta");
}

TEST(CallerTest, Tenant_that_would_break_a_key_is_refused) {
  Caller every;
  every.every_tenant = true;
  for (const char* id : {"a}b", "a b", "a\nb", "{x}"}) {
    EXPECT_EQ(base::ReasonOf(every.Tenant(id).status()), v1::REQUEST_INVALID) << id;
  }
}

TEST(CallerTest, Open_gateway_has_a_default_tenant) {
  const auto caller = AccessList::Open().Authenticate("");
  ASSERT_TRUE(caller.ok());
  EXPECT_EQ(*caller->Tenant(""), "default");
  EXPECT_EQ(*caller->Tenant("acme"), "acme");
  EXPECT_EQ(caller->access, Access::kWrite);
}

}  // namespace
}  // namespace tajo::gateway
