#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "simulators/jira/render.h"

namespace tajo::jira_sim {

class IssueFields;

// A field of issues as /field lists it, and how to write its value.
struct FieldType {
  std::string_view id;
  std::string_view name;
  std::string_view schema;  // of `schema.type`, "array:version" for arrays
  std::string_view custom;  // of `schema.custom`; empty for a system field
  bool navigable;
  void (*write)(IssueFields&);
};
const std::vector<FieldType>& AllFields();

// What a request wants of each issue.
struct IssueView {
  std::vector<const FieldType*> fields;
  bool only_id = false;         // nothing but {"id"}
  bool without_fields = false;  // id, key and self
  bool changelog = false;
  bool rendered = false;
  bool names = false;
  bool transitions = false;
  std::vector<std::string> properties;
};

// Resolves names, "*all", "*navigable" and "-name"; what Jira doesn't know it ignores. `absent` is
// what the endpoint gives when no fields are named.
IssueView MakeView(const std::vector<std::string>& fields, std::string_view absent);
// Applies an expand value; false for one that isn't among Jira's.
bool ApplyExpand(IssueView& view, std::string_view expand);

void WriteIssue(JsonWriter& json, const World& world, IssueIndex index, const IssueRow& row, const IssueView& view,
                const Style& style);

// `names` and `schema` of a page.
void WriteNames(JsonWriter& json, const IssueView& view);
void WriteFieldSchema(JsonWriter& json, const FieldType& field);

}  // namespace tajo::jira_sim
