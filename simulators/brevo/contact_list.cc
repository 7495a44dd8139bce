#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "common/base/ascii.h"
#include "common/json/time.h"
#include "simulators/brevo/endpoints.h"
#include "simulators/brevo/writing.h"

namespace tajo::brevo_sim {
namespace {

// equals(ATTR,"value"): the only filter there is.
struct Filter {
  std::string attribute;
  std::string value;
};

std::optional<Filter> ReadFilter(std::string_view text) {
  constexpr std::string_view kStart = "equals(";
  if (!text.starts_with(kStart) || !text.ends_with("\")")) return std::nullopt;
  text.remove_prefix(kStart.size());
  text.remove_suffix(2);
  const std::size_t comma = text.find(",\"");
  if (comma == std::string_view::npos || comma == 0) return std::nullopt;
  return Filter{std::string(text.substr(0, comma)), std::string(text.substr(comma + 2))};
}

bool Passes(const Account& account, const Contact& contact, const Filter& filter) {
  if (filter.attribute == "EMAIL") return base::LowerCase(contact.email) == base::LowerCase(filter.value);
  if (filter.attribute == "EXT_ID") return contact.ext_id == filter.value;
  if (filter.attribute == "SMS") return contact.sms == filter.value;
  const auto index = account.AttributeIndex(filter.attribute);
  if (!index) return false;
  return std::any_of(contact.attributes.begin(), contact.attributes.end(), [&](const auto& attribute) {
    return attribute.first == *index &&
           (attribute.second == filter.value || attribute.second == nlohmann::json(filter.value).dump());
  });
}

bool InAny(const Contact& contact, const std::set<int64_t>& lists) {
  return lists.empty() || std::any_of(contact.list_ids.begin(), contact.list_ids.end(),
                                      [&lists](int64_t id) { return lists.contains(id); });
}

}  // namespace

net::ServerResponse ListContacts(Scene scene, std::optional<int64_t> list_id) {
  const int64_t most = list_id ? 500 : 1000;
  const int64_t limit = scene.call.Number("limit", 50);
  const int64_t offset = scene.call.Number("offset", 0);
  if (limit < 1 || limit > most) return Error(400, "out_of_range", "Limit exceeds max value");
  if (offset < 0) return Error(400, "out_of_range", "Offset should be a positive number");
  std::optional<Filter> filter;
  if (const auto text = scene.call.Parameter("filter")) {
    filter = ReadFilter(*text);
    if (!filter) return Error(400, "invalid_parameter", "filter is not valid");
  }
  int64_t modified_since = 0;
  if (const auto text = scene.call.Parameter("modifiedSince")) {
    const auto time = json::ParseJiraTime(*text);
    if (!time) return Error(400, "invalid_parameter", "modifiedSince is not valid");
    modified_since = *time;
  }
  std::set<int64_t> lists;
  if (list_id) lists.insert(*list_id);
  for (const std::string& id : scene.call.Parameters("listIds")) lists.insert(ToId(id).value_or(-1));

  std::vector<const Contact*> found;
  for (const auto& contact : scene.account.contacts) {
    if (contact == nullptr || contact->modified_ms < modified_since || !InAny(*contact, lists)) continue;
    if (filter && !Passes(scene.account, *contact, *filter)) continue;
    found.push_back(contact.get());
  }
  if (scene.call.Parameter("sort").value_or("desc") == "desc") std::reverse(found.begin(), found.end());
  nlohmann::json page = {{"contacts", nlohmann::json::array()}, {"count", found.size()}};
  for (int64_t i = offset; i < offset + limit && i < static_cast<int64_t>(found.size()); ++i) {
    page["contacts"].push_back(ContactJson(scene.account, *found[static_cast<std::size_t>(i)]));
  }
  return Json(200, page);
}

}  // namespace tajo::brevo_sim
