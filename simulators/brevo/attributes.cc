#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>

#include "simulators/brevo/endpoints.h"

namespace tajo::brevo_sim {
namespace {

bool IsCategory(std::string_view category) {
  constexpr std::array<std::string_view, 5> kCategories = {"normal", "transactional", "category", "calculated",
                                                           "global"};
  return std::find(kCategories.begin(), kCategories.end(), category) != kCategories.end();
}

// No "integer": counts are floats.
bool IsType(std::string_view type) {
  constexpr std::array<std::string_view, 8> kTypes = {"text", "date",     "float",           "boolean",
                                                      "id",   "category", "multiple-choice", "user"};
  return std::find(kTypes.begin(), kTypes.end(), type) != kTypes.end();
}

// A category's `enumeration` or a multiple choice's `multiCategoryOptions`; each needs its own.
std::optional<net::ServerResponse> ReadOptions(const nlohmann::json& body, Attribute& attribute) {
  const bool category = attribute.category == "category";
  if (!category && attribute.type != "multiple-choice") return std::nullopt;
  const auto items = body.find(category ? "enumeration" : "multiCategoryOptions");
  if (items == body.end() || !items->is_array() || items->empty()) {
    return Error(400, "missing_parameter", category ? "enumeration is missing" : "multiCategoryOptions is missing");
  }
  for (const auto& item : *items) {
    const bool well_formed = category ? item.is_object() && item.contains("value") && item.contains("label") &&
                                            item["label"].is_string() &&
                                            (item["value"].is_number() || item["value"].is_string())
                                      : item.is_string();
    if (!well_formed) return Error(400, "invalid_parameter", "Attribute options are invalid");
    const std::string label = category ? item["label"].get<std::string>() : item.get<std::string>();
    if (label.empty() || label.size() > 200) return Error(400, "invalid_parameter", "Attribute options are invalid");
    attribute.options.emplace_back(category ? item["value"].dump() : item.dump(), label);
  }
  return std::nullopt;
}

net::ServerResponse Create(Scene scene, const std::string& category, const std::string& given_name) {
  nlohmann::json body;
  if (auto refused = ParseObject(scene.call, body)) return *std::move(refused);
  CountUnknownKeys(body, {"type", "value", "isRecurring", "enumeration", "multiCategoryOptions"},
                   "POST /contacts/attributes", scene.violations);
  if (body.empty()) return Error(400, "missing_parameter", "No inputs in the body");
  if (!IsCategory(category)) return Error(400, "invalid_parameter", "Attribute category is invalid");
  std::string name = given_name;
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  if (name.empty() || name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") != std::string::npos) {
    return Error(400, "invalid_parameter", "Attribute name is invalid");
  }
  if (scene.account.AttributeIndex(name)) return Error(400, "invalid_parameter", "Attribute name must be unique");
  std::string type = category;
  if (category == "normal" || category == "transactional") {
    const auto given = body.find("type");
    if (given == body.end() || !given->is_string()) return Error(400, "missing_parameter", "Attribute type is missing");
    type = given->get<std::string>();
    if (!IsType(type)) return Error(400, "invalid_parameter", "Attribute type is invalid");
  } else if (category == "calculated" || category == "global") {
    type = "float";
  }
  Attribute attribute{name, category, type};
  if (auto refused = ReadOptions(body, attribute)) return *std::move(refused);
  scene.account.attributes.push_back(std::move(attribute));
  return Empty(201);
}

nlohmann::json Show(const Attribute& attribute) {
  nlohmann::json shown = {{"name", attribute.name}, {"category", attribute.category}, {"type", attribute.type}};
  for (const auto& [value_json, label] : attribute.options) {
    if (attribute.type != "category") {
      shown["multiCategoryOptions"].push_back(label);
      continue;
    }
    const auto value = nlohmann::json::parse(value_json);
    const bool number = value.is_number();
    shown["enumeration"].push_back({{"label", label},
                                    {"value", number ? value : nlohmann::json(0)},
                                    {"valueStr", number ? value.dump() : value.get<std::string>()}});
  }
  return shown;
}

}  // namespace

net::ServerResponse Attributes(Scene scene) {
  const auto& segments = scene.call.segments;  // contacts, attributes, [category, name]
  if (segments.size() == 2 && scene.call.method == "GET") {
    nlohmann::json items = nlohmann::json::array();
    for (const Attribute& attribute : scene.account.attributes) {
      if (attribute.name.empty()) continue;  // deleted
      items.push_back(Show(attribute));
    }
    return Json(200, {{"attributes", std::move(items)}});
  }
  if (segments.size() != 4) return Error(404, "document_not_found", "Attribute does not exist");
  if (scene.call.method == "POST") return Create(scene, segments[2], segments[3]);
  if (scene.call.method == "DELETE") {
    const auto index = scene.account.AttributeIndex(segments[3]);
    if (!index) return Error(404, "document_not_found", "Attribute does not exist");
    // Contacts refer to attributes by place: the place stays, the name goes.
    scene.account.attributes[*index].name.clear();
    return Empty(204);
  }
  return Error(405, "method_not_allowed", "Method not allowed");
}

}  // namespace tajo::brevo_sim
