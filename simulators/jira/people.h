#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "simulators/jira/model.h"

namespace tajo::jira_sim {

enum class AccountType : uint8_t { kAtlassian, kApp, kCustomer };

// How an e-mail address shows in Jira's answers.
enum class EmailVisibility : uint8_t {
  kVisible,
  kHidden,        // absent, by the person's privacy setting
  kQuestionMark,  // the literal "?" that some sites give
};

struct Person {
  std::string account_id;
  std::string email;
  std::string display_name;
  AccountType type = AccountType::kAtlassian;
  EmailVisibility visibility = EmailVisibility::kVisible;
  bool active = true;
};

// Who has an account at the site: agents first, then two apps, then the customers. Everybody follows
// from the seed.
class People {
 public:
  static constexpr uint32_t kAgents = 25;
  static constexpr uint32_t kApps = 2;

  People(uint64_t seed, uint32_t customers, std::string caller_email);

  const Person& At(UserIndex index) const { return people_[index]; }
  uint32_t Size() const { return static_cast<uint32_t>(people_.size()); }
  uint32_t Customers() const { return Size() - kAgents - kApps; }
  UserIndex Customer(uint32_t number) const { return kAgents + kApps + number; }
  UserIndex Agent(uint32_t number) const { return number; }
  UserIndex App(uint32_t number) const { return kAgents + number; }
  bool IsCustomer(UserIndex index) const { return index != kAbsent && index >= kAgents + kApps; }
  // Whose API token or consent the calls carry: the first agent.
  UserIndex Caller() const { return 0; }

  std::optional<UserIndex> ByAccountId(std::string_view account_id) const;
  // By address, also one that Jira doesn't show.
  std::optional<UserIndex> ByEmail(std::string_view email) const;
  void Rename(UserIndex index, std::string display_name);
  // The address that a client can learn and use; empty for none.
  std::string_view UsableEmail(UserIndex index) const;

 private:
  void Add(Person person);

  std::vector<Person> people_;
  std::unordered_map<std::string, UserIndex> by_account_id_;
  std::unordered_map<std::string, UserIndex> by_email_;
};

}  // namespace tajo::jira_sim
