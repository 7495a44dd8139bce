#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "simulators/brevo/endpoints.h"
#include "simulators/brevo/writing.h"

namespace tajo::brevo_sim {
namespace {

int64_t FolderOf(const Account& account, int64_t list) {
  const auto found = account.folder_of_list.find(list);
  return found == account.folder_of_list.end() ? account.folders.begin()->first : found->second;
}

nlohmann::json ListJson(const Account& account, int64_t id, const std::string& name) {
  const auto members = std::count_if(account.contacts.begin(), account.contacts.end(), [id](const auto& contact) {
    return contact != nullptr &&
           std::find(contact->list_ids.begin(), contact->list_ids.end(), id) != contact->list_ids.end();
  });
  // The totals are being dropped by Brevo.
  return {{"id", id},
          {"name", name},
          {"folderId", FolderOf(account, id)},
          {"totalBlacklisted", 0},
          {"totalSubscribers", 0},
          {"uniqueSubscribers", members}};
}

net::ServerResponse CreateList(Scene scene) {
  nlohmann::json body;
  if (auto refused = ParseObject(scene.call, body)) return *std::move(refused);
  CountUnknownKeys(body, {"name", "folderId"}, "POST /contacts/lists", scene.violations);
  if (!body.contains("name") || !body["name"].is_string())
    return Error(400, "missing_parameter", "List name is missing");
  if (!body.contains("folderId")) return Error(400, "missing_parameter", "Folder ID is missing");
  if (!body["folderId"].is_number_integer() || !scene.account.folders.contains(body["folderId"].get<int64_t>())) {
    return Error(400, "invalid_parameter", "Folder ID does not exist");
  }
  const int64_t folder = body["folderId"].get<int64_t>();
  for (const auto& [other, name] : scene.account.lists) {
    if (body["name"] == name && FolderOf(scene.account, other) == folder) scene.violations.Add("list_twice", name);
  }
  const int64_t id = scene.account.lists.empty() ? 2 : scene.account.lists.rbegin()->first + 1;
  scene.account.lists[id] = body["name"].get<std::string>();
  scene.account.folder_of_list[id] = folder;
  return Json(201, {{"id", id}});
}

// A page of {id, name} things, as `array`.
template <class ToJson>
net::ServerResponse Page(Scene scene, std::vector<std::pair<int64_t, std::string>> things, const char* array,
                         ToJson to_json) {
  const int64_t limit = scene.call.Number("limit", 10);
  const int64_t offset = scene.call.Number("offset", 0);
  if (limit < 1 || limit > 50) return Error(400, "out_of_range", "Limit exceeds max value");
  if (scene.call.Parameter("sort") != "asc") std::reverse(things.begin(), things.end());
  nlohmann::json page = {{"count", things.size()}};
  for (int64_t i = std::max<int64_t>(offset, 0); i < static_cast<int64_t>(things.size()) && i < offset + limit; ++i) {
    const auto& [id, name] = things[static_cast<std::size_t>(i)];
    page[array].push_back(to_json(id, name));
  }
  return Json(200, page);
}

// Of that folder, or all.
net::ServerResponse AllLists(Scene scene, std::optional<int64_t> folder) {
  std::vector<std::pair<int64_t, std::string>> lists;
  for (const auto& [id, name] : scene.account.lists) {
    if (!folder || FolderOf(scene.account, id) == *folder) lists.emplace_back(id, name);
  }
  return Page(scene, std::move(lists), "lists",
              [&](int64_t id, const std::string& name) { return ListJson(scene.account, id, name); });
}

// Who is named, as shown in the answer, with the contact if there is one.
using Named = std::vector<std::pair<nlohmann::json, Contact*>>;

std::optional<net::ServerResponse> ReadMembers(Scene scene, const nlohmann::json& body, Named& named) {
  CountUnknownKeys(body, {"emails", "ids", "extIds", "all"}, "list members", scene.violations);
  int given = 0;
  for (const std::string_view key : {"emails", "ids", "extIds"}) {
    const auto found = body.find(key);
    if (found == body.end()) continue;
    ++given;
    if (!found->is_array() || found->empty()) {
      return Error(400, "invalid_parameter", fmt::format("{} should be type array", key));
    }
    if (found->size() > 150) return Error(400, "out_of_range", "Maximum 150 contacts are allowed");
    for (const nlohmann::json& item : *found) {
      if (item.is_string() == (key == "ids")) {
        return Error(400, "invalid_parameter", fmt::format("{} are not valid", key));
      }
      Contact* contact = key == "ids"      ? scene.account.FindById(item.get<int64_t>())
                         : key == "extIds" ? scene.account.FindByExtId(item.get<std::string>())
                                           : scene.account.FindByEmail(item.get<std::string>());
      named.emplace_back(item, contact);
    }
  }
  if (given != 1) return Error(400, "missing_parameter", "Exactly one of emails, ids or extIds is required");
  return std::nullopt;
}

net::ServerResponse ChangeMembers(Scene scene, int64_t list_id, bool add) {
  nlohmann::json body;
  if (auto refused = ParseObject(scene.call, body)) return *std::move(refused);
  Named named;
  if (auto refused = ReadMembers(scene, body, named)) return *std::move(refused);
  nlohmann::json success = nlohmann::json::array();
  nlohmann::json failure = nlohmann::json::array();
  for (auto& [name, contact] : named) {
    const bool member = contact != nullptr && std::find(contact->list_ids.begin(), contact->list_ids.end(), list_id) !=
                                                  contact->list_ids.end();
    if (contact == nullptr || member == add) {
      failure.push_back(name);
      continue;
    }
    add ? JoinLists(*contact, {list_id}) : LeaveLists(*contact, {list_id});
    contact->modified_ms = scene.call.now_ms;
    success.push_back(name);
  }
  if (success.empty()) {
    return Error(400, "invalid_parameter",
                 add ? "Contact already in list and/or does not exist"
                     : "Contact already removed from list and/or does not exist");
  }
  return Json(201, {{"contacts", {{"success", success}, {"failure", failure}}}});
}

}  // namespace

net::ServerResponse Lists(Scene scene) {
  const auto& segments = scene.call.segments;  // contacts, lists, [id, [contacts, [add|remove]]]
  const std::string& method = scene.call.method;
  if (segments.size() == 2) return method == "POST" ? CreateList(scene) : AllLists(scene, std::nullopt);
  const auto id = ToId(segments[2]);
  const auto list = id ? scene.account.lists.find(*id) : scene.account.lists.end();
  if (list == scene.account.lists.end()) return Error(404, "document_not_found", "List ID does not exist");
  if (segments.size() == 3 && method == "DELETE") {
    for (const auto& contact : scene.account.contacts) {
      if (contact != nullptr) LeaveLists(*contact, {*id});
    }
    scene.account.lists.erase(list);
    return Empty(204);
  }
  if (segments.size() == 3 && method == "GET") return Json(200, ListJson(scene.account, *id, list->second));
  if (segments.size() == 4 && method == "GET") return ListContacts(scene, *id);
  if (segments.size() == 5 && method == "POST" && (segments[4] == "add" || segments[4] == "remove")) {
    return ChangeMembers(scene, *id, segments[4] == "add");
  }
  return Error(405, "method_not_allowed", "Method not allowed");
}

net::ServerResponse Folders(Scene scene) {
  const auto& segments = scene.call.segments;  // contacts, folders, [id, [lists]]
  auto& folders = scene.account.folders;
  if (segments.size() == 2 && scene.call.method == "POST") {
    nlohmann::json body;
    if (auto refused = ParseObject(scene.call, body)) return *std::move(refused);
    CountUnknownKeys(body, {"name"}, "POST /contacts/folders", scene.violations);
    if (!body.contains("name") || !body["name"].is_string()) {
      return Error(400, "missing_parameter", "Folder name is missing");
    }
    for (const auto& [other, name] : folders) {
      if (body["name"] == name) scene.violations.Add("folder_twice", name);
    }
    const int64_t id = folders.rbegin()->first + 1;
    folders[id] = body["name"].get<std::string>();
    return Json(201, {{"id", id}});
  }
  if (scene.call.method != "GET") return Error(405, "method_not_allowed", "Method not allowed");
  if (segments.size() == 2) {
    return Page(scene, {folders.begin(), folders.end()}, "folders", [](int64_t id, const std::string& name) {
      return nlohmann::json{
          {"id", id}, {"name", name}, {"totalBlacklisted", 0}, {"totalSubscribers", 0}, {"uniqueSubscribers", 0}};
    });
  }
  const auto folder = folders.find(ToId(segments[2]).value_or(0));
  if (folder == folders.end()) return Error(404, "document_not_found", "Folder ID does not exist");
  if (segments.size() == 4 && segments[3] == "lists") return AllLists(scene, folder->first);
  return Json(200, {{"id", folder->first}, {"name", folder->second}});
}

}  // namespace tajo::brevo_sim
