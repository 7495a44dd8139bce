#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

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
  scene.account.attributes.push_back({name, category, type});
  return Empty(201);
}

}  // namespace

net::ServerResponse Attributes(Scene scene) {
  const auto& segments = scene.call.segments;  // contacts, attributes, [category, name]
  if (segments.size() == 2 && scene.call.method == "GET") {
    nlohmann::json items = nlohmann::json::array();
    for (const Attribute& attribute : scene.account.attributes) {
      if (attribute.name.empty()) continue;  // deleted
      items.push_back({{"name", attribute.name}, {"category", attribute.category}, {"type", attribute.type}});
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
