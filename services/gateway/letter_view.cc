#include "services/gateway/letter_view.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "common/deciding/decide.h"

namespace tajo::gateway {
namespace {

namespace v1 = ::tajo::jira::v1;

std::string OfIssue(std::string what, const LetterView& view) {
  if (!view.issue_key.empty()) return fmt::format("{} of {}", what, view.issue_key);
  return view.issue_id == 0 ? what : fmt::format("{} of issue {}", what, view.issue_id);
}

std::string KeyOf(const v1::Event& event) {
  switch (event.body_case()) {
    case v1::Event::kIssue:
      return event.issue().issue().key();
    case v1::Event::kComment:
      return event.comment().issue().key();
    case v1::Event::kHint:
      return event.hint().issue_key();
    default:
      return {};
  }
}

// Names of fields that changed say what it is; their values may be a customer's words.
std::string FieldsOf(const v1::Event& event) {
  std::vector<std::string> names;
  for (const auto& change : event.issue().history().changes()) names.push_back(change.field());
  return names.empty() ? std::string() : fmt::format(": {}", fmt::join(names, ", "));
}

std::string AttributesOf(const v1::DesiredContact& desired) {
  std::vector<std::string> names;
  for (const auto& [name, value] : desired.attributes()) names.push_back(name);
  std::sort(names.begin(), names.end());
  return fmt::format("a contact's {}", names.empty() ? "lists" : fmt::format("{}", fmt::join(names, ", ")));
}

template <class Message>
std::string Json(const std::string& payload) {
  Message message;
  std::string json;
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  const bool good =
      message.ParseFromString(payload) && google::protobuf::util::MessageToJsonString(message, &json, options).ok();
  return good ? json : std::string();
}

}  // namespace

LetterView ViewOf(const v1::Event& event) {
  LetterView view;
  view.issue_id = deciding::IssueIdOf(event);
  view.issue_key = KeyOf(event);
  const std::string name = event.webhook_event().empty() ? "a change" : event.webhook_event();
  view.summary = OfIssue(name, view) + FieldsOf(event);
  return view;
}

LetterView ViewOf(const v1::OutboxEvent& event) {
  LetterView view;
  view.issue_id = event.issue_id();
  const auto properties = nlohmann::json::parse(event.properties_json(), nullptr, /*allow_exceptions=*/false);
  if (properties.is_object()) {
    const auto key = properties.find("issue_key");
    if (key != properties.end() && key->is_string()) view.issue_key = key->get<std::string>();
  }
  view.summary = OfIssue(event.name(), view);
  return view;
}

LetterView ViewOf(const v1::DeadLetterRecord& letter) {
  LetterView unreadable;
  unreadable.summary = "a payload that can't be read";
  if (letter.kind() == "timeline") {
    v1::OutboxEvent event;
    return event.ParseFromString(letter.payload()) ? ViewOf(event) : unreadable;
  }
  if (letter.kind() == "contact") {
    v1::DesiredContact desired;
    if (!desired.ParseFromString(letter.payload())) return unreadable;
    LetterView view;
    view.summary = AttributesOf(desired);
    return view;
  }
  v1::Event event;
  const bool readable = event.ParseFromString(letter.payload()) && event.body_case() != v1::Event::BODY_NOT_SET;
  return readable ? ViewOf(event) : unreadable;
}

std::string PayloadJson(const v1::DeadLetterRecord& letter) {
  if (letter.kind() == "timeline") return Json<v1::OutboxEvent>(letter.payload());
  return letter.kind() == "contact" ? Json<v1::DesiredContact>(letter.payload()) : Json<v1::Event>(letter.payload());
}

}  // namespace tajo::gateway
