#include "common/config/mapping_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <set>
#include <utility>

#include "common/config/connection_rules.h"
#include "common/config/values.h"
#include "common/config/yaml.h"
#include "tajo/jira/v1/connection.pb.h"

namespace tajo::config {
namespace {

namespace v1 = ::tajo::jira::v1;

constexpr char kEmailTarget[] = "email";
constexpr char kOnlyEmailSource[] = "emailAddress";
constexpr std::size_t kMaxOption = 200;  // Brevo's

bool IsTime(std::string_view source) {
  return source == "issue_created" || source == "issue_updated";
}

// What Jira or the connector knows as text whatever the site.
bool IsText(std::string_view source) {
  constexpr std::string_view kTexts[] = {"accountId",    "emailAddress",   "displayName", "issue_key",
                                         "issue_status", "issue_priority", "issue_type",  "issue_summary",
                                         "project_key",  "resolution",     "assignee"};
  return std::ranges::find(kTexts, source) != std::ranges::end(kTexts);
}

bool IsDate(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
  const auto year = ParseInteger(text.substr(0, 4));
  const auto month = ParseInteger(text.substr(5, 2));
  const auto day = ParseInteger(text.substr(8, 2));
  if (!year || !month || !day || *year < 0 || *month < 1 || *day < 1) return false;
  return std::chrono::year_month_day(std::chrono::year(static_cast<int>(*year)),
                                     std::chrono::month(static_cast<unsigned>(*month)),
                                     std::chrono::day(static_cast<unsigned>(*day)))
      .ok();
}

bool IsNumber(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && value - value == 0;
}

bool HasOptions(v1::AttributeType type) {
  return type == v1::ATTRIBUTE_CATEGORY || type == v1::ATTRIBUTE_MULTIPLE_CHOICE;
}

// Whether a text of the config (a constant, a default, what a value is mapped to) can stand in the attribute.
Complaint CheckFixedValue(const std::string& text, const v1::FieldMapping& mapping) {
  switch (mapping.type()) {
    case v1::ATTRIBUTE_FLOAT:
      if (IsNumber(text)) return std::nullopt;
      return fmt::format("{} isn't a number like 12.5", Quoted(text));
    case v1::ATTRIBUTE_DATE:
      if (IsDate(text)) return std::nullopt;
      return fmt::format("{} isn't a date like 2026-03-26", Quoted(text));
    case v1::ATTRIBUTE_BOOLEAN:
      if (text == "true" || text == "false") return std::nullopt;
      return fmt::format("{} isn't true or false", Quoted(text));
    case v1::ATTRIBUTE_CATEGORY:
    case v1::ATTRIBUTE_MULTIPLE_CHOICE: {
      const bool there = std::ranges::any_of(mapping.options(), [&text](const auto& o) { return o.label() == text; });
      if (there) return std::nullopt;
      return fmt::format("{} isn't one of the options", Quoted(text));
    }
    default:
      return std::nullopt;
  }
}

// "email" names the contact's e-mail itself, which is no attribute but has that one name in Brevo.
Complaint CheckTarget(const std::string& source, std::string& attribute) {
  if (attribute == kEmailTarget || attribute == "EMAIL") {
    if (source != kOnlyEmailSource) return fmt::format("only {} can be the contact's e-mail", kOnlyEmailSource);
    attribute = kEmailTarget;
    return std::nullopt;
  }
  return CheckAttribute(attribute);
}

// A mapping that is written as keys and values.
class MappingReader {
 public:
  MappingReader(const YamlNode& node, const std::string& path, Problems& problems)
      : section_(&node, path, problems), path_(path), problems_(problems) {}

  // The mapping of `source`; with problems where it has any.
  v1::FieldMapping Read(const std::string& source) {
    v1::FieldMapping mapping;
    mapping.set_source(source);
    std::string attribute = section_.String("attribute").value_or("");
    if (attribute.empty()) {
      section_.Refuse("attribute", "is missing");
    } else if (const Complaint complaint = CheckTarget(source, attribute)) {
      section_.Refuse("attribute", *complaint);
    }
    mapping.set_attribute(std::move(attribute));
    ReadTypeAndFormat(mapping);
    ReadValues(mapping);
    section_.Finish();
    return mapping;
  }

  // A constant: its value stands for whatever a ticket would have.
  v1::FieldMapping ReadConstant() {
    v1::FieldMapping mapping;
    mapping.set_type(v1::ATTRIBUTE_TEXT);
    ReadType(mapping);
    const auto value = section_.String("value");
    if (!value) {
      section_.Refuse("value", "is missing");
    } else {
      mapping.set_default_value(*value);
      if (HasOptions(mapping.type())) mapping.add_options()->set_label(*value);
      if (const Complaint complaint = CheckFixedValue(*value, mapping)) section_.Refuse("value", *complaint);
    }
    section_.Finish();
    return mapping;
  }

 private:
  void ReadType(v1::FieldMapping& mapping) {
    const auto written = section_.String("type");
    if (written && (*written == "integer" || *written == "int" || *written == "number")) {
      section_.Refuse("type", fmt::format("Brevo has no {} attributes: use float", Quoted(*written)));
    } else if (const auto place = section_.Choice("type", AttributeTypeWords())) {
      mapping.set_type(static_cast<v1::AttributeType>(*place + 1));
    }
  }

  void ReadTypeAndFormat(v1::FieldMapping& mapping) {
    ReadType(mapping);
    if (const auto place = section_.Choice("format", ValueFormatWords())) {
      mapping.set_format(static_cast<v1::ValueFormat>(*place + 1));
    }
    if (mapping.type() == v1::ATTRIBUTE_TYPE_UNSPECIFIED) mapping.set_type(TypeOf(mapping.format()));
    const v1::AttributeType type = mapping.type();
    const v1::ValueFormat format = mapping.format();
    if (type == v1::ATTRIBUTE_DATE && format != v1::FORMAT_DATE && format != v1::VALUE_FORMAT_UNSPECIFIED) {
      section_.Refuse("format", "Brevo's dates are yyyy-mm-dd and nothing else: use type text, or float for epoch");
    } else if (type == v1::ATTRIBUTE_FLOAT && (format == v1::FORMAT_DATE || format == v1::FORMAT_ISO8601)) {
      section_.Refuse("format", "isn't a number: use epoch or number, or type text");
    } else if ((HasOptions(type) || type == v1::ATTRIBUTE_BOOLEAN) && format != v1::VALUE_FORMAT_UNSPECIFIED) {
      section_.Refuse("format", "is for text, float and date only");
    }
    CheckSourceFits(mapping);
  }

  void CheckSourceFits(const v1::FieldMapping& mapping) {
    const v1::AttributeType type = mapping.type();
    if (IsTime(mapping.source()) && type != v1::ATTRIBUTE_TYPE_UNSPECIFIED && type != v1::ATTRIBUTE_TEXT &&
        type != v1::ATTRIBUTE_DATE && !(type == v1::ATTRIBUTE_FLOAT && mapping.format() == v1::FORMAT_EPOCH)) {
      section_.Refuse("type",
                      fmt::format("{} is a time: use date, text, or float with format epoch", mapping.source()));
    }
    const bool needs_map = type == v1::ATTRIBUTE_FLOAT || type == v1::ATTRIBUTE_DATE || type == v1::ATTRIBUTE_BOOLEAN;
    if (IsText(mapping.source()) && needs_map && section_.Lacks("map")) {
      section_.Refuse("type", fmt::format("{} is a text: use type text, or a map", mapping.source()));
    }
  }

  static v1::AttributeType TypeOf(v1::ValueFormat format) {
    switch (format) {
      case v1::FORMAT_DATE:
        return v1::ATTRIBUTE_DATE;
      case v1::FORMAT_ISO8601:
        return v1::ATTRIBUTE_TEXT;
      case v1::FORMAT_EPOCH:
      case v1::FORMAT_NUMBER:
        return v1::ATTRIBUTE_FLOAT;
      default:
        return v1::ATTRIBUTE_TYPE_UNSPECIFIED;
    }
  }

  void ReadValues(v1::FieldMapping& mapping) {
    const YamlNode* map = section_.Map("map");
    const auto fallback = section_.String("default");
    if (map != nullptr) {
      for (const auto& [from, to] : map->members) {
        if (!to.IsScalar()) {
          problems_.Add(to.line, fmt::format("{}.map.{}", path_, Shown(from)),
                        fmt::format("expected a single value, found {}", to.KindName()));
          continue;
        }
        v1::MappedValue& value = *mapping.add_value_map();
        value.set_from(from);
        value.set_to(to.text);
      }
    }
    if (fallback) mapping.set_default_value(*fallback);
    ReadOptions(mapping);
    if (map != nullptr) {
      for (const auto& [from, to] : map->members) {
        const Complaint complaint = to.IsScalar() ? CheckFixedValue(to.text, mapping) : std::nullopt;
        if (complaint) problems_.Add(to.line, fmt::format("{}.map.{}", path_, Shown(from)), *complaint);
      }
    }
    if (fallback) {
      if (const Complaint complaint = CheckFixedValue(*fallback, mapping)) section_.Refuse("default", *complaint);
    }
    if (mapping.attribute() == kEmailTarget && (mapping.type() != 0 || !mapping.value_map().empty() || fallback)) {
      section_.Refuse("attribute", "the contact's e-mail is taken as it is: leave out the other keys");
    }
  }

  // Without a list of them: whatever the map and the default can give.
  void ReadOptions(v1::FieldMapping& mapping) {
    const auto items = section_.Scalars("options");
    std::set<std::string> seen;
    const auto add = [&](const std::string& label) {
      if (seen.insert(label).second) mapping.add_options()->set_label(label);
    };
    if (items && !HasOptions(mapping.type())) {
      section_.Refuse("options", "are for the types category and multiple-choice only");
      return;
    }
    if (!HasOptions(mapping.type())) return;
    for (const Section::Item& item : items.value_or(std::vector<Section::Item>())) {
      const std::string& label = item.node->text;
      if (label.empty() || label.size() > kMaxOption) {
        problems_.Add(item.node->line, item.path, fmt::format("an option has 1 to {} characters", kMaxOption));
      } else {
        add(label);
      }
    }
    if (items) return;
    for (const v1::MappedValue& value : mapping.value_map()) add(value.to());
    if (mapping.has_default_value()) add(mapping.default_value());
  }

  Section section_;
  std::string path_;
  Problems& problems_;
};

// A constant that is written as a single value: its type is what it looks like, a text where it is in quotes.
v1::FieldMapping PlainConstant(const YamlNode& node) {
  v1::FieldMapping mapping;
  mapping.set_default_value(node.text);
  mapping.set_type(v1::ATTRIBUTE_TEXT);
  if (!node.quoted && (node.text == "true" || node.text == "false")) mapping.set_type(v1::ATTRIBUTE_BOOLEAN);
  if (!node.quoted && IsNumber(node.text)) mapping.set_type(v1::ATTRIBUTE_FLOAT);
  return mapping;
}

void ReadFields(const YamlNode& map, std::set<std::string>& attributes, v1::ConnectionConfig& config,
                Problems& problems) {
  config.clear_field_mapping();
  for (const auto& [source, node] : map.members) {
    const std::string path = fmt::format("field_mapping.{}", Shown(source));
    if (const Complaint complaint = CheckMappingSource(source)) {
      problems.Add(node.line, path, *complaint);
      continue;
    }
    v1::FieldMapping mapping;
    if (node.kind == YamlNode::Kind::kMap) {
      mapping = MappingReader(node, path, problems).Read(source);
    } else if (node.IsScalar()) {
      std::string attribute = node.text;
      if (const Complaint complaint = CheckTarget(source, attribute)) {
        problems.Add(node.line, path, *complaint);
        continue;
      }
      mapping.set_source(source);
      mapping.set_attribute(std::move(attribute));
    } else {
      problems.Add(node.line, path,
                   fmt::format("expected an attribute name, or {{attribute: NAME, ...}}, found {}", node.KindName()));
      continue;
    }
    if (!attributes.insert(mapping.attribute()).second) {
      problems.Add(node.line, path, fmt::format("two sources go to {}", Quoted(mapping.attribute())));
      continue;
    }
    *config.add_field_mapping() = std::move(mapping);
  }
}

void ReadConstants(const YamlNode& map, std::set<std::string>& attributes, v1::ConnectionConfig& config,
                   Problems& problems) {
  for (const auto& [attribute, node] : map.members) {
    const std::string path = fmt::format("constants.{}", Shown(attribute));
    Complaint complaint = CheckAttribute(attribute);
    if (attribute == "EMAIL") complaint = "the contact's e-mail comes from its ticket";
    if (!complaint && !node.IsScalar() && node.kind != YamlNode::Kind::kMap) {
      complaint = fmt::format("expected a value, or {{value: ..., type: ...}}, found {}", node.KindName());
    }
    if (!complaint && !attributes.insert(attribute).second) {
      complaint = fmt::format("field_mapping fills {} already", Quoted(attribute));
    }
    if (complaint) {
      problems.Add(node.line, path, *complaint);
      continue;
    }
    v1::FieldMapping& constant = *config.add_constants();
    constant = node.IsScalar() ? PlainConstant(node) : MappingReader(node, path, problems).ReadConstant();
    constant.set_attribute(attribute);
  }
}

}  // namespace

const std::vector<std::string>& AttributeTypeWords() {
  static const auto& words =
      *new std::vector<std::string>{"text", "float", "date", "boolean", "category", "multiple-choice"};
  return words;
}

const std::vector<std::string>& ValueFormatWords() {
  static const auto& words = *new std::vector<std::string>{"date", "iso8601", "epoch", "number"};
  return words;
}

void ReadMapping(Section& root, v1::ConnectionConfig& config, Problems& problems) {
  std::set<std::string> attributes;
  if (const YamlNode* map = root.Map("field_mapping")) {
    ReadFields(*map, attributes, config, problems);
  } else {
    for (const v1::FieldMapping& mapping : config.field_mapping()) attributes.insert(mapping.attribute());
  }
  if (const YamlNode* map = root.Map("constants")) ReadConstants(*map, attributes, config, problems);
}

}  // namespace tajo::config
