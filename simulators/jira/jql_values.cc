#include "simulators/jira/jql_values.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <utility>

#include "common/base/ascii.h"
#include "common/base/error.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::jira_sim::jql {
namespace {

constexpr Millis kMinute = 60'000;
constexpr Millis kDay = 86'400'000;

std::optional<int64_t> Number(std::string_view text) {
  int64_t number = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || end.ec != std::errc() || end.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

absl::Status NoSuchValue(std::string_view text, std::string_view field) {
  if (Number(text)) return Refuse(fmt::format("A value with ID '{}' does not exist for the field '{}'.", text, field));
  return Refuse(fmt::format("The value '{}' does not exist for the field '{}'.", text, field));
}

template <class Types>
std::optional<int64_t> IndexOf(const Types& types, std::string_view text) {
  const auto id = Number(text);
  for (std::size_t i = 0; i < types.size(); ++i) {
    if (base::EqualsIgnoringCase(types[i].name, text) || (id && types[i].id == *id)) return static_cast<int64_t>(i);
  }
  return std::nullopt;
}

// "-90m", "4w 2d"; nothing when it isn't a period.
std::optional<Millis> Period(std::string_view text) {
  Millis total = 0;
  bool any = false;
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  while (!text.empty()) {
    int64_t count = 0;
    const auto end = std::from_chars(text.data(), text.data() + text.size(), count);
    if (end.ec != std::errc() || end.ptr == text.data() + text.size()) return std::nullopt;
    switch (*end.ptr) {
      case 'w':
        total += count * 7 * kDay;
        break;
      case 'd':
        total += count * kDay;
        break;
      case 'h':
        total += count * 60 * kMinute;
        break;
      case 'm':
        total += count * kMinute;
        break;
      default:
        return std::nullopt;
    }
    any = true;
    text.remove_prefix(static_cast<std::size_t>(end.ptr + 1 - text.data()));
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  }
  if (!any) return std::nullopt;
  return negative ? -total : total;
}

// 'yyyy-MM-dd' or 'yyyy/MM/dd', with ' HH:mm' or without: seconds are refused, as Jira does.
std::optional<Millis> LocalTime(std::string_view text, const Zone& zone) {
  if (text.size() != 10 && text.size() != 16) return std::nullopt;
  if ((text[4] != '-' && text[4] != '/') || text[7] != text[4]) return std::nullopt;
  const auto year = Number(text.substr(0, 4));
  const auto month = Number(text.substr(5, 2));
  const auto day = Number(text.substr(8, 2));
  if (!year || !month || !day || *month < 1 || *month > 12 || *day < 1 || *day > 31) return std::nullopt;
  std::optional<int64_t> hour = 0;
  std::optional<int64_t> minute = 0;
  if (text.size() == 16) {
    if (text[10] != ' ' || text[13] != ':') return std::nullopt;
    hour = Number(text.substr(11, 2));
    minute = Number(text.substr(14, 2));
    if (!hour || !minute || *hour > 23 || *minute > 59) return std::nullopt;
  }
  return zone.FromLocal(static_cast<int>(*year), static_cast<int>(*month), static_cast<int>(*day),
                        static_cast<int>(*hour), static_cast<int>(*minute));
}

absl::StatusOr<std::vector<int64_t>> Time(std::string_view field, const Operand& operand, const Context& context) {
  const auto one = [](Millis time) { return std::vector<int64_t>{time}; };
  if (operand.kind == Operand::Kind::kFunction) {
    const Millis shift = operand.arguments.empty() ? 0 : Period(operand.arguments[0]).value_or(0);
    if (base::EqualsIgnoringCase(operand.text, "now")) return one(context.now + shift);
    if (base::EqualsIgnoringCase(operand.text, "startOfDay") || base::EqualsIgnoringCase(operand.text, "endOfDay")) {
      const Millis local = context.now + context.zone.OffsetSeconds(context.now) * 1000LL;
      const Millis midnight = local - local % kDay - context.zone.OffsetSeconds(context.now) * 1000LL;
      return one((base::EqualsIgnoringCase(operand.text, "endOfDay") ? midnight + kDay - 1 : midnight) + shift);
    }
    return Refuse(fmt::format("Unable to find JQL function '{}()'.", operand.text));
  }
  if (const auto local = LocalTime(operand.text, context.zone)) return one(*local);
  if (const auto period = Period(operand.text)) return one(context.now + *period);
  // Not documented by Atlassian, used by large clients: milliseconds since 1970.
  if (const auto epoch = Number(operand.text)) return one(*epoch);
  return Refuse(
      fmt::format("Date value '{}' for field '{}' is invalid. Valid formats include: 'yyyy/MM/dd HH:mm', "
                  "'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', or a period format e.g. '-5d', '4w 2d'.",
                  operand.text, field));
}

std::optional<std::vector<int64_t>> Function(Field field, const Operand& operand, const Context& context) {
  std::vector<int64_t> out;
  const bool user = field == Field::kAssignee || field == Field::kReporter;
  if (user && base::EqualsIgnoringCase(operand.text, "currentUser")) {
    out.push_back(context.caller);
    return out;
  }
  if (field == Field::kSprint) {
    constexpr std::array<std::pair<std::string_view, SprintState>, 3> kStates{
        {{"openSprints", SprintState::kActive},
         {"closedSprints", SprintState::kClosed},
         {"futureSprints", SprintState::kFuture}}};
    for (const auto& [name, state] : kStates) {
      if (!base::EqualsIgnoringCase(operand.text, name)) continue;
      for (std::size_t i = 0; i < context.world.Sprints().size(); ++i) {
        if (context.world.Sprints()[i].state == state) out.push_back(static_cast<int64_t>(i));
      }
      return out;
    }
  }
  if (field == Field::kVersion && (base::EqualsIgnoringCase(operand.text, "releasedVersions") ||
                                   base::EqualsIgnoringCase(operand.text, "unreleasedVersions"))) {
    const bool released = base::EqualsIgnoringCase(operand.text, "releasedVersions");
    for (std::size_t i = 0; i < context.world.Versions().size(); ++i) {
      if (context.world.Versions()[i].released == released) out.push_back(static_cast<int64_t>(i));
    }
    return out;
  }
  return std::nullopt;
}

template <class Things>
std::vector<int64_t> NamedOrNumbered(const Things& things, std::string_view text) {
  const auto id = Number(text);
  std::vector<int64_t> out;
  for (std::size_t i = 0; i < things.size(); ++i) {
    // Names aren't unique across projects: all of that name.
    if (base::EqualsIgnoringCase(things[i].name, text) || (id && things[i].id == *id))
      out.push_back(static_cast<int64_t>(i));
  }
  return out;
}

std::optional<int64_t> Literal(Field field, std::string_view text, const Context& context) {
  const auto widen = [](const auto& found) -> std::optional<int64_t> {
    if (!found) return std::nullopt;
    return static_cast<int64_t>(*found);
  };
  switch (field) {
    case Field::kProject: {
      if (const auto found = context.world.FindProject(text)) return *found;
      const auto named = NamedOrNumbered(context.world.Projects(), text);
      if (named.empty() || !context.world.IsVisible(static_cast<uint8_t>(named.front()))) return std::nullopt;
      return named.front();
    }
    case Field::kType:
      return IndexOf(kIssueTypes, text);
    case Field::kStatus:
      return IndexOf(kStatuses, text);
    case Field::kCategory: {
      for (std::size_t i = 0; i < kCategories.size(); ++i) {
        if (base::EqualsIgnoringCase(kCategories[i].key, text)) return static_cast<int64_t>(i);
      }
      return IndexOf(kCategories, text);
    }
    case Field::kPriority:
      return IndexOf(kPriorities, text);
    case Field::kResolution:
      if (base::EqualsIgnoringCase(text, "Unresolved")) return kEmptyValue;
      return IndexOf(kResolutions, text);
    case Field::kAssignee:
    case Field::kReporter: {
      if (const auto found = context.world.Persons().ByAccountId(text)) return *found;
      return widen(context.world.Persons().ByEmail(text));
    }
    case Field::kIssue:
      return widen(context.world.Find(text));
    case Field::kLabel:
      for (std::size_t i = 0; i < kLabels.size(); ++i) {
        if (kLabels[i] == text) return static_cast<int64_t>(i);
      }
      return -1;  // any text may be a label
    default:
      return std::nullopt;
  }
}

}  // namespace

std::optional<Field> FieldByName(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, Field>, 32> kNames{{
      {"project", Field::kProject},
      {"issuetype", Field::kType},
      {"type", Field::kType},
      {"status", Field::kStatus},
      {"statusCategory", Field::kCategory},
      {"priority", Field::kPriority},
      {"assignee", Field::kAssignee},
      {"reporter", Field::kReporter},
      {"creator", Field::kReporter},
      {"key", Field::kIssue},
      {"id", Field::kIssue},
      {"issuekey", Field::kIssue},
      {"issue", Field::kIssue},
      {"resolution", Field::kResolution},
      {"fixVersion", Field::kVersion},
      {"fixVersions", Field::kVersion},
      {"sprint", Field::kSprint},
      {"cf[10020]", Field::kSprint},
      {"labels", Field::kLabel},
      {"label", Field::kLabel},
      {"created", Field::kCreated},
      {"createdDate", Field::kCreated},
      {"updated", Field::kUpdated},
      {"updatedDate", Field::kUpdated},
      {"resolved", Field::kResolved},
      {"resolutiondate", Field::kResolved},
      {"summary", Field::kSummary},
      {"description", Field::kDescription},
      {"comment", Field::kComment},
      {"text", Field::kText},
      {"issue key", Field::kIssue},
      {"level", Field::kLevel},
  }};
  for (const auto& [known, field] : kNames) {
    if (base::EqualsIgnoringCase(known, name)) return field;
  }
  return std::nullopt;
}

bool IsTime(Field field) {
  return field == Field::kCreated || field == Field::kUpdated || field == Field::kResolved;
}

bool IsWords(Field field) {
  return field == Field::kSummary || field == Field::kDescription || field == Field::kComment || field == Field::kText;
}

absl::StatusOr<std::vector<int64_t>> Resolve(Field field, std::string_view field_name, const Operand& operand,
                                             const Context& context) {
  if (operand.kind == Operand::Kind::kEmpty) return std::vector<int64_t>{kEmptyValue};
  if (IsTime(field)) return Time(field_name, operand, context);
  if (operand.kind == Operand::Kind::kFunction) {
    if (auto values = Function(field, operand, context)) return *std::move(values);
    return Refuse(fmt::format("Unable to find JQL function '{}({})'.", operand.text, ""));
  }
  if (field == Field::kVersion || field == Field::kSprint) {
    auto found = field == Field::kVersion ? NamedOrNumbered(context.world.Versions(), operand.text)
                                          : NamedOrNumbered(context.world.Sprints(), operand.text);
    if (found.empty()) return NoSuchValue(operand.text, field_name);
    return found;
  }
  const auto value = Literal(field, operand.text, context);
  if (value) return std::vector<int64_t>{*value};
  if (field == Field::kIssue && !Number(operand.text)) {
    return Refuse(fmt::format("An issue with key '{}' does not exist for field '{}'.", operand.text, field_name));
  }
  return NoSuchValue(operand.text, field_name);
}

}  // namespace tajo::jira_sim::jql
