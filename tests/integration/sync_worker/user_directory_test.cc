#include "services/sync-worker/reading/user_directory.h"

#include "tests/integration/sync_worker/reading_fixture.h"

namespace tajo::worker {
namespace {

class UserDirectoryTest : public ReadingTest {
 protected:
  UserDirectoryTest() {
    std::vector<jira::v1::User> users;
    for (int i = 0; i < 40; ++i) {
      users.emplace_back().set_account_id(Account(i));
      users.back().set_email("u" + std::to_string(i) + "@example.com");
    }
    EXPECT_TRUE(Run(store_->PutUsers(users)).ok());
  }
  static std::string Account(int i) { return "712020:" + std::to_string(i); }
  static std::vector<std::string> Accounts(int begin, int end) {
    std::vector<std::string> accounts;
    for (int i = begin; i < end; ++i) accounts.push_back(Account(i));
    return accounts;
  }
};

TEST_F(UserDirectoryTest, all_that_was_loaded_for_a_decision_is_there_whatever_was_known_before) {
  UserDirectory directory(*store_, *client_, /*capacity=*/20);
  const auto lookup = directory.Lookup();
  for (int first = 0; first < 36; ++first) {
    ASSERT_TRUE(Run(directory.Load(Accounts(first, first + 4))).ok());
    for (const std::string& account : Accounts(first, first + 4)) {
      ASSERT_NE(lookup(account), nullptr) << account << " at " << first;
      EXPECT_FALSE(lookup(account)->email().empty());
    }
  }
  EXPECT_EQ(lookup(Account(0)), nullptr) << "it doesn't grow for ever";
}

TEST_F(UserDirectoryTest, link_that_made_room_for_itself_is_still_no_word_of_jiras) {
  UserDirectory directory(*store_, *client_, /*capacity=*/2);
  ASSERT_TRUE(Run(directory.Load({Account(0)})).ok());
  directory.Linked("712020:hidden", "anna@example.com");
  jira::v1::User user;
  user.set_account_id("712020:hidden");
  user.set_display_name("Anna");
  ASSERT_TRUE(Run(directory.Learn({user})).ok());
  const auto stored = Run(store_->Users(std::vector<std::string>(1, user.account_id())));
  ASSERT_TRUE(stored.ok());
  ASSERT_EQ(stored->size(), 1u);
  EXPECT_EQ(stored->begin()->second.email(), "");
}

}  // namespace
}  // namespace tajo::worker
