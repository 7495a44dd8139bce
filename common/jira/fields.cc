#include "common/jira/fields.h"
#include "common/base/ascii.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace tajo::jira {
namespace {

constexpr std::array<std::string_view, 16> kOwn{
    "summary",      "status",   "priority", "resolution", "created",   "updated",     "resolutiondate",
    "reporter",     "assignee", "creator",  "project",    "issuetype", "fixVersions", "timeoriginalestimate",
    "timeestimate", "timespent"};

// Sources of the mapping that an Issue or its customer answers by itself.
constexpr std::array<std::string_view, 20> kBuiltIn{"accountId",    "emailAddress",   "displayName",   "issue_key",
                                                    "issue_status", "issue_priority", "issue_created", "issue_updated",
                                                    "issue_type",   "issue_summary",  "project_key",   "resolution",
                                                    "assignee",     "reporter",       "creator",       "issue_resolved",
                                                    "status",       "priority",       "summary",       "email"};

constexpr std::string_view kSprintType = "com.pyxis.greenhopper.jira:gh-sprint";
constexpr std::string_view kStoryPointsType = "com.pyxis.greenhopper.jira:jsw-story-points";

bool IsBuiltIn(std::string_view source) {
  return std::ranges::find(kBuiltIn, source) != kBuiltIn.end();
}

// Smaller is older; system fields, whose ids are names, are the oldest.
std::pair<std::size_t, std::string_view> AgeOf(const Field& field) {
  return {field.custom.empty() ? 0 : field.id.size(), field.id};
}

std::vector<const Field*> Named(const std::string& name, const std::vector<Field>& catalogue) {
  std::vector<const Field*> found;
  for (const Field& field : catalogue) {
    if (base::EqualsIgnoringCase(field.name, name)) found.push_back(&field);
  }
  std::ranges::sort(found, {}, [](const Field* field) { return AgeOf(*field); });
  return found;
}

// Team-managed projects have a type of its own; company-managed ones a number field of that name.
std::string StoryPoints(const std::vector<Field>& catalogue) {
  for (const std::string_view name : {"Story Points", "Story point estimate"}) {
    for (const Field& field : catalogue) {
      if (!field.custom.empty() && base::EqualsIgnoringCase(field.name, name)) return field.id;
    }
  }
  for (const Field& field : catalogue) {
    if (field.custom == kStoryPointsType) return field.id;
  }
  return {};
}

}  // namespace

std::vector<std::string> IssueFields::Names() const {
  std::vector<std::string> names(kOwn.begin(), kOwn.end());
  if (!sprint.empty()) names.push_back(sprint);
  if (!story_points.empty()) names.push_back(story_points);
  std::vector<std::string> further(extra.begin(), extra.end());
  std::ranges::sort(further);  // the same request for the same config
  for (std::string& name : further) {
    if (std::ranges::find(names, name) == names.end()) names.push_back(std::move(name));
  }
  return names;
}

std::string CustomFieldId(const std::string& source, const std::vector<Field>& catalogue) {
  if (source.empty() || IsBuiltIn(source)) return {};
  for (const Field& field : catalogue) {
    if (field.id == source) return field.id;
  }
  const std::vector<const Field*> named = Named(source, catalogue);
  return named.empty() ? std::string() : named.front()->id;
}

ResolvedFields ResolveFields(const v1::ConnectionConfig& config, const std::vector<Field>& catalogue) {
  ResolvedFields resolved;
  for (const Field& field : catalogue) {
    if (field.custom == kSprintType) {
      resolved.fields.sprint = field.id;
      break;
    }
  }
  const auto note_ambiguous = [&](const std::string& source) {
    const bool is_id = std::ranges::any_of(catalogue, [&](const Field& field) { return field.id == source; });
    const std::vector<const Field*> named = Named(source, catalogue);
    if (is_id || named.size() < 2) return;
    std::string text = source + " (";
    for (const Field* field : named) text.append(field == named.front() ? "" : ", ").append(field->id);
    text += ')';
    if (std::ranges::find(resolved.ambiguous, text) == resolved.ambiguous.end()) resolved.ambiguous.push_back(text);
  };
  if (config.story_points().empty()) {
    resolved.fields.story_points = StoryPoints(catalogue);
  } else {
    resolved.fields.story_points = CustomFieldId(config.story_points(), catalogue);
    note_ambiguous(config.story_points());
  }
  const auto add = [&](const std::string& source) {
    if (source.empty() || IsBuiltIn(source)) return;
    note_ambiguous(source);
    std::string id = CustomFieldId(source, catalogue);
    if (id.empty()) {
      if (std::ranges::find(resolved.unknown, source) == resolved.unknown.end()) resolved.unknown.push_back(source);
    } else {
      resolved.fields.extra.insert(std::move(id));
    }
  };
  for (const v1::FieldMapping& line : config.field_mapping()) add(line.source());
  for (const std::string& source : config.contact_source()) add(source);
  return resolved;
}

v1::ConnectionConfig WithFieldIds(v1::ConnectionConfig config, const std::vector<Field>& catalogue) {
  for (auto& mapping : *config.mutable_field_mapping()) {
    if (std::string id = CustomFieldId(mapping.source(), catalogue); !id.empty()) mapping.set_source(id);
  }
  for (auto& source : *config.mutable_contact_source()) {
    if (std::string id = CustomFieldId(source, catalogue); !id.empty()) source = id;
  }
  config.set_story_points(ResolveFields(config, catalogue).fields.story_points);
  return config;
}

}  // namespace tajo::jira
