#pragma once

#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "tajo/jira/v1/connection.pb.h"

namespace tajo::jira {

// An entry of the site's field catalogue (GET /field).
struct Field {
  std::string id;      // "summary", "customfield_10020"
  std::string name;    // "Sprint"; in the caller's language
  std::string custom;  // schema.custom: "com.pyxis.greenhopper.jira:gh-sprint"; empty for system fields
};

// Which of an issue's fields are asked for and read. Field ids differ from site to site.
struct IssueFields {
  std::string sprint;  // "customfield_10020"; empty: not read
  std::string story_points;
  absl::flat_hash_set<std::string> extra;  // further ids, kept as JSON in Issue.fields

  // The `fields` of a search: all that an Issue holds.
  std::vector<std::string> Names() const;
};

struct ResolvedFields {
  IssueFields fields;
  // What the config names and the catalogue doesn't have: sources of field_mapping, contact_source.
  std::vector<std::string> unknown;
  // Names that several fields have, with these: "Area (customfield_10050, customfield_10071)".
  std::vector<std::string> ambiguous;
};

// What the connection's mapping, contact_source and story_points need, found in the site's catalogue by id
// or, with no regard to case, by name. A `story_points` that the catalogue doesn't have leaves
// `fields.story_points` empty.
ResolvedFields ResolveFields(const v1::ConnectionConfig& config, const std::vector<Field>& catalogue);

// The id of a source that isn't one of Issue's own ("customfield_10050", "Customer e-mail"); "" if
// unknown or built in ("reporter", "issue_key", ...). Of several fields with that name the oldest: one that
// somebody makes later changes nothing.
std::string CustomFieldId(const std::string& source, const std::vector<Field>& catalogue);

// The config with custom fields by their ids instead of names: what rules and mapping work with.
v1::ConnectionConfig WithFieldIds(v1::ConnectionConfig config, const std::vector<Field>& catalogue);

}  // namespace tajo::jira
