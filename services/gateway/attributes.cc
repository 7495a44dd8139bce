#include "services/gateway/attributes.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <set>

#include "common/base/error.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::gateway {
namespace {

constexpr char kEmail[] = "email";

bool IsDate(const std::string& source) {
  return source == "issue_created" || source == "issue_updated";
}

bool IsBuiltIn(const std::string& source) {
  static const auto& kSources = *new std::set<std::string>{
      "accountId",  "displayName",   "issue_key",   "issue_status", "issue_priority", "issue_created", "issue_updated",
      "issue_type", "issue_summary", "project_key", "resolution",   "assignee",       "emailAddress"};
  return kSources.contains(source);
}

// May the source's values stand in an attribute of that kind? What Brevo doesn't say is taken as fine.
bool Fits(const std::string& source, const brevo::AttributeDefinition& attribute) {
  if (!attribute.category.empty() && attribute.category != "normal") return false;
  if (attribute.type.empty() || attribute.type == "text") return true;
  if (IsDate(source)) return attribute.type == "date";
  // What a custom field holds is known to Jira only.
  return !IsBuiltIn(source) && attribute.type != "boolean";
}

std::string Upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

}  // namespace

std::vector<NewAttribute> PlanAttributes(const jira::v1::ConnectionConfig& config,
                                         const std::vector<brevo::AttributeDefinition>& existing, Problems& problems) {
  std::vector<NewAttribute> missing;
  for (const auto& mapping : config.field_mapping()) {
    if (mapping.attribute() == kEmail) continue;
    const auto found = std::find_if(existing.begin(), existing.end(), [&mapping](const auto& attribute) {
      return Upper(attribute.name) == Upper(mapping.attribute());
    });
    const std::string type = IsDate(mapping.source()) ? "date" : "text";
    if (found == existing.end()) {
      missing.push_back({mapping.attribute(), type});
    } else if (!Fits(mapping.source(), *found)) {
      const std::string kind = found->category.empty() || found->category == "normal" ? found->type : found->category;
      problems.Add(base::FieldError(
          jira::v1::CONFIG_INVALID, fmt::format("field_mapping.{}", mapping.source()),
          fmt::format("the attribute {} exists in Brevo as {}, but {} needs {}: map it to another attribute",
                      mapping.attribute(), kind, mapping.source(), type)));
    }
  }
  return missing;
}

}  // namespace tajo::gateway
