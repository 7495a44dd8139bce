#include "common/store/letter_people.h"

#include <nlohmann/json.hpp>

#include "tajo/jira/v1/event.pb.h"

namespace tajo::store {
namespace {

void AddUser(const jira::v1::User& user, LetterPeople& people) {
  if (!user.email().empty()) people.contacts.push_back(ContactId::OfEmail(user.email()));
  if (!user.account_id().empty()) people.account_ids.push_back(user.account_id());
}

// A custom field may name people too (`contact_source`): an e-mail, a user, or several.
void AddField(const nlohmann::json& value, LetterPeople& people) {
  if (value.is_array()) {
    for (const nlohmann::json& item : value) AddField(item, people);
  } else if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    if (text.find('@') != std::string::npos) people.contacts.push_back(ContactId::OfEmail(text));
  } else if (value.is_object()) {
    const auto account = value.find("accountId");
    if (account != value.end() && account->is_string()) people.account_ids.push_back(account->get<std::string>());
    const auto email = value.find("emailAddress");
    if (email != value.end()) AddField(*email, people);
  }
}

void AddIssue(const jira::v1::Issue& issue, LetterPeople& people) {
  AddUser(issue.reporter(), people);
  AddUser(issue.assignee(), people);
  AddUser(issue.creator(), people);
  for (const auto& [id, json] : issue.fields()) {
    AddField(nlohmann::json::parse(json, nullptr, /*allow_exceptions=*/false), people);
  }
}

void AddEvent(const jira::v1::Event& event, LetterPeople& people) {
  switch (event.body_case()) {
    case jira::v1::Event::kIssue:
      return AddIssue(event.issue().issue(), people);
    case jira::v1::Event::kComment:
      AddUser(event.comment().comment().author(), people);
      return AddIssue(event.comment().issue(), people);
    case jira::v1::Event::kWorklog:
      return AddUser(event.worklog().worklog().author(), people);
    case jira::v1::Event::kUser:
      return AddUser(event.user().user(), people);
    default:
      return;
  }
}

}  // namespace

LetterPeople PeopleIn(const jira::v1::DeadLetterRecord& letter) {
  LetterPeople people;
  if (letter.kind() == "timeline") {
    jira::v1::OutboxEvent event;
    const bool parsed = event.ParseFromString(letter.payload());
    const auto contact = ContactId::FromBytes(event.contact());
    people.readable = parsed && contact.has_value();
    if (people.readable) people.contacts.push_back(*contact);
  } else if (letter.kind() == "contact") {
    jira::v1::DesiredContact desired;
    people.readable = desired.ParseFromString(letter.payload());
    if (!desired.email().empty()) people.contacts.push_back(ContactId::OfEmail(desired.email()));
    if (!desired.account_id().empty()) people.account_ids.push_back(desired.account_id());
  } else {
    jira::v1::Event event;
    people.readable = event.ParseFromString(letter.payload());
    AddEvent(event, people);
  }
  return people;
}

LetterPeople PeopleIn(const jira::v1::Event& event) {
  LetterPeople people;
  AddEvent(event, people);
  return people;
}

std::string MarksOf(const LetterPeople& people, const Tombstones& tombstones) {
  std::string marks;
  for (const ContactId& contact : people.contacts) marks += tombstones.Of(contact);
  for (const std::string& account : people.account_ids) marks += tombstones.OfAccount(account);
  return marks;
}

}  // namespace tajo::store
