#include "simulators/jira/people.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "simulators/jira/dice.h"

namespace tajo::jira_sim {
namespace {

constexpr std::array<std::string_view, 16> kFirstNames{"Ada",   "Bruno", "Chiara", "Dmitri", "Elif", "Farid",
                                                       "Grete", "Hana",  "Ines",   "Jonas",  "Kofi", "Léa",
                                                       "Mateo", "Nora",  "Oskar",  "Priya"};
constexpr std::array<std::string_view, 16> kLastNames{"Ahlberg", "Bianchi", "Chen",   "Dubois", "Eriksen",  "Fischer",
                                                      "García",  "Hansen",  "Ivanov", "Jensen", "Kowalski", "Laurent",
                                                      "Müller",  "Novák",   "Okafor", "Petit"};

std::string NameOf(Dice& dice) {
  return fmt::format("{} {}", kFirstNames[dice.Below(kFirstNames.size())], kLastNames[dice.Below(kLastNames.size())]);
}

std::string Uuid(Dice& dice) {
  const uint64_t a = dice.Next();
  const uint64_t b = dice.Next();
  return fmt::format("{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}", a >> 32, a >> 16 & 0xffff, a & 0xfff, b >> 52,
                     b & 0xffffffffffffull);
}

Person MakeCustomer(uint64_t seed, uint32_t number, uint32_t customers) {
  Dice dice(seed, number, 11);
  Person person;
  person.type = dice.Percent(70) ? AccountType::kCustomer : AccountType::kAtlassian;
  person.account_id = person.type == AccountType::kCustomer ? fmt::format("qm:{}:{}", Uuid(dice), number + 1)
                                                            : fmt::format("{:016x}{:08x}", dice.Next(), number + 1);
  person.email = fmt::format("customer{:04}@example.com", number + 1);
  person.display_name = NameOf(dice);
  person.active = number % 40 != 33;
  if (number % 50 == 17) person.visibility = EmailVisibility::kHidden;
  if (number % 200 == 99) person.visibility = EmailVisibility::kQuestionMark;
  // One account whose owner used the right to be forgotten and which a migration broke.
  if (number + 1 == customers && customers >= 20) {
    person.account_id = "unknown";
    person.display_name = "Former user";
    person.visibility = EmailVisibility::kHidden;
    person.active = false;
  }
  return person;
}

}  // namespace

People::People(uint64_t seed, uint32_t customers, std::string caller_email) {
  people_.reserve(kAgents + kApps + customers);
  for (uint32_t i = 0; i < kAgents; ++i) {
    Dice dice(seed, i, 12);
    Person agent{.account_id = fmt::format("{:016x}{:08x}", dice.Next(), 0x70000000u + i),
                 .email = i == 0 ? std::move(caller_email) : fmt::format("agent{:02}@example.org", i),
                 .display_name = NameOf(dice)};
    Add(std::move(agent));
  }
  constexpr std::array<std::string_view, kApps> kAppNames{"Automation for Jira", "Jira Service Management Widget"};
  for (uint32_t i = 0; i < kApps; ++i) {
    Dice dice(seed, i, 13);
    Add({.account_id = fmt::format("557058:{}", Uuid(dice)),
         .email = fmt::format("app{}@connect.example.org", i + 1),
         .display_name = std::string(kAppNames[i]),
         .type = AccountType::kApp});
  }
  for (uint32_t i = 0; i < customers; ++i) Add(MakeCustomer(seed, i, customers));
}

void People::Add(Person person) {
  const auto index = static_cast<UserIndex>(people_.size());
  by_account_id_.emplace(person.account_id, index);
  by_email_.emplace(person.email, index);
  people_.push_back(std::move(person));
}

std::optional<UserIndex> People::ByAccountId(std::string_view account_id) const {
  const auto found = by_account_id_.find(std::string(account_id));
  if (found == by_account_id_.end()) return std::nullopt;
  return found->second;
}

std::optional<UserIndex> People::ByEmail(std::string_view email) const {
  const auto found = by_email_.find(std::string(email));
  if (found == by_email_.end()) return std::nullopt;
  return found->second;
}

void People::Rename(UserIndex index, std::string display_name) {
  people_[index].display_name = std::move(display_name);
}

std::string_view People::UsableEmail(UserIndex index) const {
  if (index == kAbsent) return {};
  const Person& person = people_[index];
  return person.visibility == EmailVisibility::kVisible && person.type != AccountType::kApp
             ? std::string_view(person.email)
             : std::string_view();
}

}  // namespace tajo::jira_sim
