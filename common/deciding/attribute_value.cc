#include "common/deciding/attribute_value.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "common/base/ascii.h"
#include "common/json/time.h"

namespace tajo::deciding {
namespace {

namespace v1 = ::tajo::jira::v1;
using Json = nlohmann::json;

constexpr std::string_view kNotANumber = "not_a_number";
constexpr std::string_view kNotADate = "not_a_date";
constexpr std::string_view kNotABoolean = "not_a_boolean";
constexpr std::string_view kNotAnOption = "not_an_option";
constexpr std::string_view kSeveralValues = "several_values";
constexpr double kMaxWhole = 9'007'199'254'740'992.0;  // 2^53

std::string Dump(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

AttributeValue Cleared(std::string_view why = {}) {
  return {R"("")", why};
}

// A scalar of a field's value; null where there is none.
Json Scalar(const Json& item) {
  if (item.is_number() || item.is_boolean()) return item;
  if (item.is_string()) return item.get_ref<const std::string&>().empty() ? Json() : item;
  for (const char* name : {"value", "name", "displayName"}) {
    if (item.is_object() && item.contains(name) && item[name].is_string()) return item[name];
  }
  return {};
}

std::vector<Json> Scalars(const Json& value) {
  std::vector<Json> scalars;
  const auto add = [&scalars](const Json& item) {
    if (Json scalar = Scalar(item); !scalar.is_null()) scalars.push_back(std::move(scalar));
  };
  if (value.is_array()) {
    for (const Json& item : value) add(item);
  } else {
    add(value);
  }
  return scalars;
}

// 3 for 3.0: Jira's numbers are doubles.
Json Number(double number) {
  const bool whole = std::abs(number) < kMaxWhole && number == std::floor(number);
  return whole ? Json(static_cast<int64_t>(number)) : Json(number);
}

std::string TextOf(const Json& scalar) {
  if (scalar.is_string()) return scalar.get<std::string>();
  return scalar.is_number() ? Dump(Number(scalar.get<double>())) : Dump(scalar);
}

std::optional<double> NumberOf(const Json& scalar) {
  if (scalar.is_number()) return scalar.get<double>();
  if (!scalar.is_string()) return std::nullopt;
  const std::string& text = scalar.get_ref<const std::string&>();
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(number)) return std::nullopt;
  return number;
}

std::optional<int64_t> TimeOf(const Json& scalar) {
  if (!scalar.is_string()) return std::nullopt;
  return json::ParseJiraTime(scalar.get_ref<const std::string&>());
}

std::optional<bool> BooleanOf(const Json& scalar) {
  if (scalar.is_boolean()) return scalar.get<bool>();
  const std::string word = base::LowerCase(TextOf(scalar));
  if (word == "true" || word == "yes") return true;
  if (word == "false" || word == "no") return false;
  return std::nullopt;
}

// What the option is written as; before its value is known, as its label.
std::optional<Json> OptionOf(const Json& scalar, const v1::FieldMapping& mapping) {
  const std::string label = TextOf(scalar);
  if (mapping.options().empty()) return Json(label);
  for (const v1::AttributeOption& option : mapping.options()) {
    if (option.label() != label) continue;
    return option.value_json().empty() ? Json(label) : Json::parse(option.value_json(), nullptr, false);
  }
  return std::nullopt;
}

// By the value map; where it says nothing, the default if there is one, else the value itself.
void MapValues(const v1::FieldMapping& mapping, std::vector<Json>& values) {
  if (values.empty() && mapping.has_default_value()) values.emplace_back(mapping.default_value());
  if (mapping.value_map().empty()) return;
  for (Json& value : values) {
    const std::string from = TextOf(value);
    const auto found = std::find_if(mapping.value_map().begin(), mapping.value_map().end(),
                                    [&from](const v1::MappedValue& one) { return one.from() == from; });
    if (found != mapping.value_map().end()) {
      value = found->to();
    } else if (mapping.has_default_value()) {
      value = mapping.default_value();
    }
  }
}

// One value in a format; nothing where it isn't that.
std::optional<Json> Formatted(const Json& value, v1::ValueFormat format) {
  if (format == v1::VALUE_FORMAT_UNSPECIFIED) return Json(TextOf(value));
  if (format == v1::FORMAT_NUMBER) {
    const auto number = NumberOf(value);
    return number ? std::optional(Number(*number)) : std::nullopt;
  }
  const auto time = TimeOf(value);
  if (!time) return std::nullopt;
  if (format == v1::FORMAT_EPOCH) return Json(*time / 1000);
  return Json(format == v1::FORMAT_DATE ? json::FormatDate(*time) : json::FormatIso8601(*time));
}

AttributeValue Text(const std::vector<Json>& values, v1::ValueFormat format) {
  AttributeValue text;
  std::string joined;
  for (const Json& value : values) {
    const auto formatted = Formatted(value, format);
    if (!formatted) {
      text.dropped = format == v1::FORMAT_NUMBER ? kNotANumber : kNotADate;
      continue;
    }
    if (!joined.empty()) joined += ", ";
    joined += TextOf(*formatted);
  }
  text.json = Dump(joined);
  return text;
}

AttributeValue MultipleChoice(const std::vector<Json>& values, const v1::FieldMapping& mapping) {
  AttributeValue choice;
  Json chosen = Json::array();
  for (const Json& value : values) {
    auto option = OptionOf(value, mapping);
    if (!option) {
      choice.dropped = kNotAnOption;
    } else if (std::find(chosen.begin(), chosen.end(), *option) == chosen.end()) {
      chosen.push_back(*std::move(option));
    }
  }
  choice.json = chosen.empty() ? Cleared().json : Dump(chosen);
  return choice;
}

// Without a type: as it is, a number as a number. Brevo's booleans are unreliable through imports: as text.
AttributeValue AsItIs(const std::vector<Json>& values) {
  if (values.size() == 1 && values.front().is_number()) return {Dump(values.front()), {}};
  return Text(values, v1::VALUE_FORMAT_UNSPECIFIED);
}

AttributeValue Written(const std::optional<Json>& value, std::string_view why) {
  return value ? AttributeValue{Dump(*value), {}} : Cleared(why);
}

}  // namespace

AttributeValue ToAttribute(const Json& value, const v1::FieldMapping& mapping) {
  std::vector<Json> values = Scalars(value);
  MapValues(mapping, values);
  if (values.empty()) return Cleared();
  switch (mapping.type()) {
    case v1::ATTRIBUTE_TEXT:
      return Text(values, mapping.format());
    case v1::ATTRIBUTE_MULTIPLE_CHOICE:
      return MultipleChoice(values, mapping);
    case v1::ATTRIBUTE_FLOAT:
    case v1::ATTRIBUTE_DATE:
    case v1::ATTRIBUTE_BOOLEAN:
    case v1::ATTRIBUTE_CATEGORY:
      break;
    default:
      return AsItIs(values);
  }
  if (values.size() > 1) return Cleared(kSeveralValues);
  const Json& one = values.front();
  if (mapping.type() == v1::ATTRIBUTE_DATE) return Written(Formatted(one, v1::FORMAT_DATE), kNotADate);
  if (mapping.type() == v1::ATTRIBUTE_CATEGORY) return Written(OptionOf(one, mapping), kNotAnOption);
  if (mapping.type() == v1::ATTRIBUTE_BOOLEAN) {
    const auto boolean = BooleanOf(one);
    return Written(boolean ? std::optional<Json>(*boolean) : std::nullopt, kNotABoolean);
  }
  const bool epoch = mapping.format() == v1::FORMAT_EPOCH;
  return Written(Formatted(one, epoch ? v1::FORMAT_EPOCH : v1::FORMAT_NUMBER), epoch ? kNotADate : kNotANumber);
}

}  // namespace tajo::deciding
