#include "services/gateway/attributes.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "common/base/ascii.h"
#include "common/base/error.h"
#include "common/config/mapping_config.h"
#include "common/deciding/mapping.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::gateway {
namespace {

namespace v1 = ::tajo::jira::v1;
using Definitions = std::vector<brevo::AttributeDefinition>;

constexpr char kEmail[] = "email";

const std::string& WordOf(v1::AttributeType type) {
  return config::AttributeTypeWords()[static_cast<std::size_t>(type) - 1];
}

// Brevo's type of an attribute as one of ours; unspecified: nothing of ours can be written to it.
v1::AttributeType TypeOf(const brevo::AttributeDefinition& attribute) {
  if (attribute.category == "category") return v1::ATTRIBUTE_CATEGORY;
  if (!attribute.category.empty() && attribute.category != "normal") return v1::ATTRIBUTE_TYPE_UNSPECIFIED;
  const auto& words = config::AttributeTypeWords();
  const auto word = std::find(words.begin(), words.end(), attribute.type);
  return word == words.end() ? v1::ATTRIBUTE_TYPE_UNSPECIFIED
                             : static_cast<v1::AttributeType>(word - words.begin() + 1);
}

// How Brevo calls it.
std::string KindOf(const brevo::AttributeDefinition& attribute) {
  return attribute.category.empty() || attribute.category == "normal" ? attribute.type : attribute.category;
}

const brevo::AttributeDefinition* Find(const Definitions& attributes, const std::string& name) {
  const auto found = std::find_if(attributes.begin(), attributes.end(),
                                  [&name](const auto& one) { return base::EqualsIgnoringCase(one.name, name); });
  return found == attributes.end() ? nullptr : &*found;
}

// A custom field without a type takes that of its attribute, whatever it is.
bool TakesAnyType(const v1::FieldMapping& mapping) {
  return mapping.type() == v1::ATTRIBUTE_TYPE_UNSPECIFIED && !deciding::IsBuiltInSource(mapping.source());
}

v1::AttributeType WantedType(const v1::FieldMapping& mapping) {
  if (mapping.type() != v1::ATTRIBUTE_TYPE_UNSPECIFIED) return mapping.type();
  return deciding::IsTimeSource(mapping.source()) ? v1::ATTRIBUTE_DATE : v1::ATTRIBUTE_TEXT;
}

bool Fits(const v1::FieldMapping& mapping, const brevo::AttributeDefinition& attribute) {
  const bool unsaid = attribute.type.empty() && (attribute.category.empty() || attribute.category == "normal");
  if (unsaid) return true;
  const v1::AttributeType type = TypeOf(attribute);
  if (type == v1::ATTRIBUTE_TYPE_UNSPECIFIED) return false;
  if (TakesAnyType(mapping) || type == WantedType(mapping)) return true;
  // A time whose type nobody named is a text there.
  return mapping.type() == v1::ATTRIBUTE_TYPE_UNSPECIFIED && type == v1::ATTRIBUTE_TEXT;
}

std::vector<std::string> MissingOptions(const v1::FieldMapping& mapping, const brevo::AttributeDefinition& attribute) {
  std::vector<std::string> missing;
  for (const v1::AttributeOption& option : mapping.options()) {
    const bool there = std::any_of(attribute.options.begin(), attribute.options.end(),
                                   [&option](const auto& one) { return one.label == option.label(); });
    if (!there) missing.push_back(option.label());
  }
  return missing;
}

brevo::AttributeDefinition NewAttribute(const v1::FieldMapping& mapping) {
  const v1::AttributeType type = WantedType(mapping);
  brevo::AttributeDefinition attribute;
  attribute.name = mapping.attribute();
  attribute.category = type == v1::ATTRIBUTE_CATEGORY ? "category" : "normal";
  attribute.type = WordOf(type);
  for (const v1::AttributeOption& option : mapping.options()) {
    const std::string value = type == v1::ATTRIBUTE_CATEGORY ? std::to_string(attribute.options.size() + 1) : "";
    attribute.options.push_back({option.label(), value});
  }
  return attribute;
}

// What is wrong with the attribute that is there, or nothing.
std::string Clash(const v1::FieldMapping& mapping, const brevo::AttributeDefinition& attribute) {
  if (!Fits(mapping, attribute)) {
    const std::string& wanted = WordOf(WantedType(mapping));
    const v1::AttributeType there = TypeOf(attribute);
    return fmt::format("the attribute {} exists in Brevo as {}, but {} is to be written as {}: use another attribute{}",
                       mapping.attribute(), KindOf(attribute),
                       mapping.source().empty() ? "the constant" : mapping.source(), wanted,
                       there == v1::ATTRIBUTE_TYPE_UNSPECIFIED
                           ? std::string()
                           : fmt::format(", or delete it in Brevo, or say `type: {}`", WordOf(there)));
  }
  const std::vector<std::string> missing = MissingOptions(mapping, attribute);
  if (missing.empty()) return {};
  return fmt::format("the attribute {} has no option '{}' in Brevo: add it there, or map to one that it has",
                     mapping.attribute(), fmt::join(missing, "', '"));
}

template <class Visit>
void ForEach(const v1::ConnectionConfig& config, Visit visit) {
  for (const auto& mapping : config.field_mapping()) {
    if (mapping.attribute() != kEmail) visit(mapping, fmt::format("field_mapping.{}", mapping.source()));
  }
  for (const auto& constant : config.constants()) visit(constant, fmt::format("constants.{}", constant.attribute()));
}

void PinOptions(const brevo::AttributeDefinition& attribute, v1::FieldMapping& mapping) {
  if (mapping.options().empty()) {
    for (const brevo::AttributeOption& option : attribute.options) mapping.add_options()->set_label(option.label);
  }
  for (v1::AttributeOption& option : *mapping.mutable_options()) {
    for (const brevo::AttributeOption& one : attribute.options) {
      if (one.label == option.label()) option.set_value_json(one.value_json);
    }
  }
}

}  // namespace

Definitions PlanAttributes(const v1::ConnectionConfig& config, const Definitions& existing, Problems& problems) {
  Definitions missing;
  ForEach(config, [&](const v1::FieldMapping& mapping, const std::string& path) {
    const brevo::AttributeDefinition* found = Find(existing, mapping.attribute());
    if (found != nullptr) {
      if (const std::string clash = Clash(mapping, *found); !clash.empty()) {
        problems.Add(base::FieldError(v1::CONFIG_INVALID, path, clash));
      }
      return;
    }
    const v1::AttributeType type = WantedType(mapping);
    const bool needs_options = type == v1::ATTRIBUTE_CATEGORY || type == v1::ATTRIBUTE_MULTIPLE_CHOICE;
    if (needs_options && mapping.options().empty()) {
      problems.Add(base::FieldError(v1::CONFIG_INVALID, path,
                                    fmt::format("Brevo has no attribute {} yet, and a {} can't be made without its "
                                                "options: list them as `options`",
                                                mapping.attribute(), WordOf(type))));
      return;
    }
    missing.push_back(NewAttribute(mapping));
  });
  return missing;
}

void PinAttributes(const Definitions& attributes, v1::ConnectionConfig& config) {
  const auto pin = [&attributes](v1::FieldMapping& mapping) {
    const brevo::AttributeDefinition* attribute = Find(attributes, mapping.attribute());
    if (attribute == nullptr) return;
    if (TakesAnyType(mapping)) mapping.set_type(TypeOf(*attribute));
    const v1::AttributeType type = mapping.type();
    if (type == v1::ATTRIBUTE_CATEGORY || type == v1::ATTRIBUTE_MULTIPLE_CHOICE) PinOptions(*attribute, mapping);
  };
  for (auto& mapping : *config.mutable_field_mapping()) pin(mapping);
  for (auto& constant : *config.mutable_constants()) pin(constant);
}

}  // namespace tajo::gateway
