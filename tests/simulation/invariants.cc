#include "tests/simulation/invariants.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <tuple>
#include <vector>

#include "common/store/ids.h"
#include "tajo/jira/v1/error.pb.h"
#include "tajo/jira/v1/record.pb.h"

namespace tajo::simulation {
namespace {

using nlohmann::json;

const std::map<std::string, int64_t>& Lists() {
  static const auto& lists = *new std::map<std::string, int64_t>{{"SUPPORT", 22}, {"PRODUCT", 23}};
  return lists;
}

std::string Text(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// What a contact must show: its attributes, and the lists of the projects where it has tickets.
struct Expected {
  std::map<std::string, std::string> attributes;
  std::set<int64_t> lists;
};

std::map<std::string, Expected> ExpectedContacts(const jira_sim::World& world) {
  std::map<std::string, Expected> contacts;
  std::map<std::string, jira_sim::IssueIndex> last;
  for (jira_sim::IssueIndex i = 0; i < world.IssueCount(); ++i) {
    const jira_sim::IssueRow& row = world.Issue(i);
    const auto list = Lists().find(world.Projects()[row.project].key);
    if (row.deleted || list == Lists().end() || row.reporter == jira_sim::kAbsent) continue;
    const std::string email(world.Persons().UsableEmail(row.reporter));
    if (email.empty()) continue;
    contacts[email].lists.insert(list->second);
    const auto found = last.find(email);
    if (found == last.end() || row.updated >= world.Issue(found->second).updated) last[email] = i;
  }
  for (const auto& [email, index] : last) {
    const jira_sim::IssueRow& row = world.Issue(index);
    const jira_sim::Person& person = world.Persons().At(row.reporter);
    const bool resolved = row.resolution != jira_sim::kUnresolved;
    contacts[email].attributes = {
        {"LAST_TICKET_KEY", world.Key(row)},
        {"LAST_TICKET_STATUS", std::string(jira_sim::kStatuses[row.status].name)},
        {"LAST_TICKET_PRIORITY", std::string(jira_sim::kPriorities[row.priority].name)},
        {"LAST_TICKET_RESOLUTION", resolved ? std::string(jira_sim::kResolutions[row.resolution].name) : ""},
        {"JIRA_ACCOUNT_ID", person.account_id},
        {"FIRSTNAME", person.display_name}};
  }
  return contacts;
}

// What a timeline event is about, whatever its uid: (event name, customer, thing, detail).
using Fact = std::tuple<std::string, std::string, std::string, std::string>;

std::vector<Fact> FactsOf(const json& change) {
  const std::string kind = Text(change, "kind");
  const std::string customer = Text(change, "customer");
  std::vector<Fact> facts;
  if (kind == "version_released" || kind == "sprint_completed") {
    const bool version = kind == "version_released";
    for (const auto& one : change.value("customers", json::array())) {
      facts.emplace_back("jira_" + kind, one.get<std::string>(), Text(change, version ? "version_id" : "sprint_id"),
                         "");
    }
    return facts;
  }
  if (customer.empty()) return facts;
  const auto add = [&](const char* name, const std::string& detail) {
    facts.emplace_back(name, customer, Text(change, "issue_id"), detail);
  };
  static const std::map<std::string, std::string> fields = {{"priority_changed", "priority"},
                                                            {"summary_changed", "summary"},
                                                            {"version_changed", "fix_version"},
                                                            {"sprint_changed", "sprint"},
                                                            {"moved", "issue_key"}};
  if (kind == "issue_created") add("jira_issue_created", "");
  if (kind == "issue_deleted") add("jira_issue_deleted", "");
  if (kind == "status_changed") add("jira_issue_status_changed", Text(change, "to"));
  if (kind == "resolution_changed" && !Text(change, "to").empty()) add("jira_issue_resolved", Text(change, "to"));
  if (kind == "assigned") add("jira_issue_assigned", "");
  if (kind == "comment_added" && change.value("public", false)) add("jira_comment_added", Text(change, "comment_id"));
  if (const auto field = fields.find(kind); field != fields.end()) add("jira_issue_updated", field->second);
  return facts;
}

Fact SeenAs(const json& event) {
  const std::string name = Text(event, "event_name");
  const json& properties = event["event_properties"];
  std::string thing = Text(properties, "issue_id");
  std::string detail;
  if (name == "jira_version_released") thing = Text(properties, "version_id");
  if (name == "jira_sprint_completed") thing = Text(properties, "sprint_id");
  if (name == "jira_issue_status_changed") detail = Text(properties, "to_status");
  if (name == "jira_issue_resolved") detail = Text(properties, "resolution");
  if (name == "jira_comment_added") detail = Text(properties, "comment_id");
  if (name == "jira_issue_updated") detail = Text(properties, "field");
  return {name, Text(event, "email"), thing, detail};
}

// Events whose answer was lost and that the config says not to send again: reported, not sent.
std::map<Fact, int> Excused(System& system) {
  std::map<std::string, std::string> emails;  // by the contact's id
  const jira_sim::People& people = system.Jira().world.Persons();
  for (jira_sim::UserIndex i = 0; i < people.Size(); ++i) {
    emails[store::ContactId::OfEmail(people.At(i).email).Bytes()] = people.At(i).email;
  }
  std::map<Fact, int> excused;
  const auto add = [&](const jira::v1::OutboxEvent& event) {
    const json properties = json::parse(event.properties_json(), nullptr, false);
    ++excused[SeenAs(
        {{"event_name", event.name()}, {"email", emails[event.contact()]}, {"event_properties", properties}})];
  };
  for (const auto& letter : system.DeadLetters()) {
    jira::v1::OutboxEvent event;
    if (letter.reason() == jira::v1::EVENT_AMBIGUOUS && event.ParseFromString(letter.payload())) add(event);
  }
  for (const auto& [event, state] : system.Outbox()) {
    if (state == "h") add(event);
  }
  return excused;
}

bool Contains(const std::set<std::string>& all, const std::string& one) {
  return all.contains(one);
}

// A comment's webhook doesn't say whose the ticket is: it is told to whose it is as far as is known, which a change
// of the reporter that is still on its way makes wrong.
bool IsOfEither(const Fact& fact, const Story& story) {
  return std::get<0>(fact) == "jira_comment_added" && Contains(story.reassigned, std::get<2>(fact));
}

}  // namespace

std::string ContactsDifference(System& system, const Story& story) {
  auto wanted = ExpectedContacts(system.Jira().world);
  std::map<std::string, json> contacts;
  const json brevo = system.Brevo("/_control/truth/contacts");
  for (const auto& contact : brevo["contacts"]) contacts[Text(contact, "email")] = contact;
  for (const auto& [email, finished] : story.forgotten) {
    if (contacts.contains(email)) return email + " was forgotten, but is in Brevo";
    wanted.erase(email);
  }
  for (const std::string& email : story.unsubscribed) {
    const auto found = contacts.find(email);
    if (found == contacts.end() || Contains(story.deleted_in_brevo, email)) continue;
    if (!found->second.value("emailBlacklisted", false)) return email + " is subscribed again";
  }
  // Whether the product was told of the deletion is the weather's.
  for (const std::string& email : story.deleted_in_brevo) {
    wanted.erase(email);
    contacts.erase(email);
  }
  for (const auto& [email, expected] : wanted) {
    const auto found = contacts.find(email);
    if (found == contacts.end()) return email + " isn't in Brevo";
    for (const auto& [name, value] : expected.attributes) {
      const std::string seen = Text(found->second["attributes"], name.c_str());
      if (seen != value) return fmt::format("{}: {} is '{}', should be '{}'", email, name, seen, value);
    }
    const auto lists = found->second.value("listIds", std::vector<int64_t>());
    const std::set in_lists(lists.begin(), lists.end());
    // Who unsubscribed is added to no list any more.
    const bool fits = Contains(story.unsubscribed, email) ? std::includes(expected.lists.begin(), expected.lists.end(),
                                                                          in_lists.begin(), in_lists.end())
                                                          : in_lists == expected.lists;
    if (!fits) {
      return fmt::format("{} is in lists {}, should be in {}", email, lists, expected.lists);
    }
    contacts.erase(found);
  }
  for (const auto& [email, contact] : contacts) {
    const std::string key = Text(contact["attributes"], "LAST_TICKET_KEY");
    if (!key.empty()) return fmt::format("{} has no ticket, but still shows {}", email, key);
    const auto lists = contact.value("listIds", std::vector<int64_t>());
    if (!lists.empty()) return fmt::format("{} has no ticket, but is in lists {}", email, lists);
  }
  return "";
}

std::string EventsDifference(System& system, const Story& story) {
  struct Bounds {
    int least = 0;
    int most = 0;
    int seen = 0;
  };
  std::map<Fact, Bounds> facts;
  const json truth = system.JiraControl("/_control/truth/events?since=0");
  for (const auto& change : truth["events"]) {
    const std::string customer = Text(change, "customer");
    const bool disturbed = Contains(story.disturbed, Text(change, "issue_id"));
    const bool may_lack = disturbed || Contains(story.reassigned, Text(change, "issue_id")) ||
                          story.forgotten.contains(customer) || Contains(story.deleted_in_brevo, customer);
    const bool admitted = Lists().contains(Text(change, "project"));
    if (!admitted && !disturbed) continue;
    for (auto& fact : FactsOf(change)) {
      Bounds& bounds = facts[fact];
      ++bounds.most;
      if (!may_lack) ++bounds.least;
    }
  }
  for (const auto& [fact, count] : Excused(system)) facts[fact].least -= count;
  const json sent = system.Brevo("/_control/truth/events");
  for (const auto& event : sent["events"]) {
    // The timeline of who was deleted can't be told any more.
    if (Text(event, "email").empty()) continue;
    ++facts[SeenAs(event)].seen;
  }
  for (const auto& [fact, bounds] : facts) {
    if (IsOfEither(fact, story)) continue;
    if (bounds.seen >= bounds.least && bounds.seen <= bounds.most) continue;
    const auto& [name, email, thing, detail] = fact;
    return fmt::format("{} of {} for {} ({}): seen {} times, should be {} to {}", name, thing, email, detail,
                       bounds.seen, bounds.least, bounds.most);
  }
  const json counts = system.Brevo("/_control/truth");
  if (counts.value("duplicate_uids", 0) != 0) return "sent twice: " + counts["duplicate_examples"].dump();
  return "";
}

std::string ViolationsFound(System& system, const Story& story) {
  const json jira = system.JiraControl("/_control/violations");
  if (jira.value("total", 0) != 0) return jira.dump();
  const json brevo = system.Brevo("/_control/violations");
  for (const auto& [rule, count] : brevo["by_rule"].items()) {
    // Its contact was deleted there a moment ago, or nobody heard of it.
    if (rule == "event_for_unknown_contact" && !story.deleted_in_brevo.empty()) continue;
    return brevo.dump();
  }
  const json deliveries = system.JiraControl("/_control/deliveries");
  if (deliveries.value("lost", 0) != 0) return "ingest refused webhooks for good: " + deliveries["by_status"].dump();
  return "";
}

std::string LettersDifference(System& system, const Story& story) {
  for (const auto& letter : system.DeadLetters()) {
    if (letter.reason() == jira::v1::EVENT_AMBIGUOUS) continue;
    if (letter.reason() == jira::v1::CRASHED_REPEATEDLY && story.crashes >= 3) continue;
    return fmt::format("a dead letter without cause: {}, {}", letter.kind(), letter.message());
  }
  return "";
}

}  // namespace tajo::simulation
