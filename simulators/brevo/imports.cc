#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/base/ascii.h"
#include "simulators/brevo/endpoints.h"
#include "simulators/brevo/writing.h"

namespace tajo::brevo_sim {
namespace {

constexpr std::size_t kMaxBytes = 10'000'000;
constexpr std::size_t kAdvisedBytes = 8'000'000;

bool Flag(const nlohmann::json& body, std::string_view key, bool otherwise) {
  const auto found = body.find(key);
  return found != body.end() && found->is_boolean() ? found->get<bool>() : otherwise;
}

// "EMAIL;FIRSTNAME\na@example.com;Ann": semicolons, the first line names the columns.
nlohmann::json RowsOfCsv(std::string_view text) {
  nlohmann::json rows = nlohmann::json::array();
  std::vector<std::string> columns;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) continue;
    std::vector<std::string> cells;
    while (true) {
      const std::size_t stop = std::min(line.find(';'), line.size());
      cells.emplace_back(line.substr(0, stop));
      if (stop == line.size()) break;
      line.remove_prefix(stop + 1);
    }
    if (columns.empty()) {
      columns = std::move(cells);
      continue;
    }
    nlohmann::json row = {{"attributes", nlohmann::json::object()}};
    for (std::size_t i = 0; i < std::min(cells.size(), columns.size()); ++i) {
      if (columns[i] == "EMAIL") {
        row["email"] = cells[i];
      } else {
        row["attributes"][columns[i]] = cells[i];
      }
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

std::optional<net::ServerResponse> ReadRows(Scene scene, nlohmann::json& body, nlohmann::json& rows) {
  const int sources = static_cast<int>(body.contains("jsonBody")) + static_cast<int>(body.contains("fileBody")) +
                      static_cast<int>(body.contains("fileUrl"));
  if (sources != 1) return Error(400, "missing_parameter", "Exactly one of fileUrl, fileBody or jsonBody is required");
  if (body.contains("fileUrl")) return Error(400, "invalid_parameter", "fileUrl is not served by the simulator");
  if (body.contains("fileBody")) {
    if (!body["fileBody"].is_string()) return Error(400, "invalid_parameter", "fileBody should be type string");
    rows = RowsOfCsv(body["fileBody"].get_ref<const std::string&>());
  } else {
    rows = std::move(body["jsonBody"]);
  }
  if (!rows.is_array() || rows.empty()) return Error(400, "invalid_parameter", "jsonBody should be type array");
  for (const nlohmann::json& row : rows) {
    if (!row.is_object()) return Error(400, "invalid_parameter", "jsonBody/0 should be type object");
    CountUnknownKeys(row, {"email", "attributes"}, "import row", scene.violations);
  }
  return std::nullopt;
}

void CountOptions(const nlohmann::json& body, std::size_t bytes, Violations& violations) {
  CountUnknownKeys(
      body,
      {"fileUrl", "fileBody", "jsonBody", "listIds", "newList", "consentGroupIds", "notifyUrl", "disableNotification",
       "emailBlacklist", "smsBlacklist", "updateExistingContacts", "emptyContactsAttributes"},
      "POST /contacts/import", violations);
  if (!Flag(body, "disableNotification", false))
    violations.Add("import_notification", "disableNotification isn't true");
  if (Flag(body, "emailBlacklist", false) || Flag(body, "smsBlacklist", false)) {
    violations.Add("blocklist_flag_sent", "POST /contacts/import");
  }
  if (bytes > kAdvisedBytes) violations.Add("import_over_8_mb", fmt::format("{} bytes", bytes));
}

std::string TextOf(const nlohmann::json& attributes, std::string_view name) {
  const auto found = attributes.find(name);
  return found != attributes.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// One row; the later identifiers of a row are merged into the first one's contact, silently.
void ApplyRow(Account& account, Import& import, nlohmann::json& row, int64_t now_ms, Violations& violations) {
  nlohmann::json attributes =
      row.contains("attributes") && row["attributes"].is_object() ? row["attributes"] : nlohmann::json::object();
  const std::string email = TextOf(row, "email");
  const std::string ext_id = TextOf(attributes, "EXT_ID");
  const std::string sms = NormalPhone(TextOf(attributes, "SMS")).value_or("");
  if (static_cast<int>(!email.empty()) + static_cast<int>(!ext_id.empty()) + static_cast<int>(!sms.empty()) > 1) {
    violations.Add("import_two_identifiers", "a row with more than one identifier merges contacts");
  }
  if (!email.empty() && !IsEmail(email)) {
    import.files["invalid_emails"] += email + "\n";
    return;
  }
  if (email.empty() && ext_id.empty() && sms.empty()) {
    import.files["invalid_emails"] += "\n";
    return;
  }
  if (!email.empty() && !import.seen.insert(base::LowerCase(email)).second) {
    import.files["duplicate_email_id"] += email + "\n";
  }

  Contact* contact = ext_id.empty() ? nullptr : account.FindByExtId(ext_id);
  for (Contact* other :
       {email.empty() ? nullptr : account.FindByEmail(email), sms.empty() ? nullptr : account.FindBySms(sms)}) {
    if (other == nullptr || other == contact) continue;
    contact = contact == nullptr ? other : &account.Merge(*contact, *other);
  }
  if (contact != nullptr && !import.update_existing) return;
  if (contact == nullptr) contact = &account.AddContact(now_ms);
  if (!email.empty()) account.SetEmail(*contact, email);
  if (!ext_id.empty()) account.SetExtId(*contact, ext_id);
  if (!sms.empty()) account.SetSms(*contact, sms);
  for (auto attribute = attributes.begin(); attribute != attributes.end();) {
    // Reported for years: imports don't set booleans.
    if (attribute->is_boolean()) {
      violations.Add("import_boolean", attribute.key());
      attribute = attributes.erase(attribute);
    } else {
      ++attribute;
    }
  }
  SetAttributes(account, *contact, attributes, import.empty_attributes, violations);
  JoinLists(*contact, import.list_ids);
  contact->modified_ms = now_ms;
}

std::string_view StateName(ImportState state) {
  switch (state) {
    case ImportState::kQueued:
      return "queued";
    case ImportState::kProcessing:
      return "processing";
    case ImportState::kFailed:
      return "failed";
    case ImportState::kCompleted:
      break;
  }
  return "completed";
}

nlohmann::json ProcessJson(const Import& import, const std::string& host, const std::string& key) {
  nlohmann::json files = nlohmann::json::object();
  for (const char* kind : {"invalid_emails", "duplicate_contact_id", "duplicate_ext_id", "duplicate_email_id",
                           "duplicate_phone_id", "duplicate_whatsapp_id", "duplicate_landline_number_id"}) {
    const bool there = import.files.contains(kind) && import.state == ImportState::kCompleted;
    files[kind] = there ? nlohmann::json(fmt::format("http://{}/_files/{:x}/{}/{}.csv", host,
                                                     std::hash<std::string>()(key), import.id, kind))
                        : nlohmann::json(nullptr);
  }
  return {
      {"id", import.id}, {"name", "IMPORTUSER"}, {"status", StateName(import.state)}, {"info", {{"import", files}}}};
}

}  // namespace

net::ServerResponse StartImport(Scene scene) {
  if (scene.call.body.size() > kMaxBytes) return Error(400, "invalid_parameter", "Body size exceeds 10 MB");
  nlohmann::json body;
  if (auto refused = ParseObject(scene.call, body)) return *std::move(refused);
  CountOptions(body, scene.call.body.size(), scene.violations);
  Import import;
  if (auto refused = ReadIds(body, "listIds", import.list_ids)) return *std::move(refused);
  if (auto refused = CheckLists(scene.account, import.list_ids, scene.violations)) return *std::move(refused);
  if (import.list_ids.empty() && !body.contains("newList")) {
    return Error(400, "missing_parameter", "listIds or newList is required");
  }
  nlohmann::json rows;
  if (auto refused = ReadRows(scene, body, rows)) return *std::move(refused);
  if (const auto list = body.find("newList"); list != body.end()) {
    if (!list->is_object() || !list->contains("listName"))
      return Error(400, "missing_parameter", "List name is missing");
    const int64_t id = scene.account.lists.empty() ? 2 : scene.account.lists.rbegin()->first + 1;
    scene.account.lists[id] = TextOf(*list, "listName");
    import.list_ids.push_back(id);
  }
  const bool busy = std::any_of(scene.account.imports.begin(), scene.account.imports.end(), [](const auto& entry) {
    return entry.second.state == ImportState::kQueued || entry.second.state == ImportState::kProcessing;
  });
  if (busy) scene.violations.Add("import_parallel", "an import was started before the last one had ended");
  import.id = scene.account.next_process++;
  import.rows = std::make_unique<nlohmann::json>(std::move(rows));
  import.update_existing = Flag(body, "updateExistingContacts", true);
  import.empty_attributes = Flag(body, "emptyContactsAttributes", false);
  const int64_t id = import.id;
  scene.account.imports.emplace(id, std::move(import));
  return Json(202, {{"processId", id}});
}

bool AdvanceImports(Account& account, int64_t now_ms, int64_t delay_ms, std::size_t most_rows, Violations& violations) {
  int64_t start_ms = 0;  // when the one before ended
  for (auto& [id, import] : account.imports) {
    if (import.rows == nullptr) continue;
    if (import.state == ImportState::kQueued) {
      import.state = ImportState::kProcessing;
      import.ready_ms = std::max(start_ms, now_ms) + delay_ms;
      if (delay_ms > 0) return false;
    }
    if (now_ms < import.ready_ms) return false;
    const bool fails = account.imports_to_fail > 0 && import.next_row == 0;
    if (fails) {
      --account.imports_to_fail;
      import.rows->clear();
    }
    const std::size_t stop = std::min(import.rows->size(), import.next_row + most_rows);
    while (import.next_row < stop) {
      nlohmann::json row = std::move((*import.rows)[import.next_row++]);  // freed here: all at once would take long
      ApplyRow(account, import, row, now_ms, violations);
    }
    if (stop < import.rows->size()) return true;
    import.rows.reset();
    import.seen.clear();
    import.state = fails ? ImportState::kFailed : ImportState::kCompleted;
    start_ms = import.ready_ms;
  }
  return false;
}

net::ServerResponse Processes(Scene scene) {
  const auto& segments = scene.call.segments;  // processes, [id]
  if (segments.size() == 1) {
    nlohmann::json page = {{"processes", nlohmann::json::array()}, {"count", scene.account.imports.size()}};
    for (const auto& [id, import] : scene.account.imports) {
      page["processes"].push_back(ProcessJson(import, scene.call.host, scene.account.key));
    }
    return Json(200, page);
  }
  const auto found = scene.account.imports.find(ToId(segments[1]).value_or(0));
  if (found == scene.account.imports.end()) return Error(404, "document_not_found", "Process ID does not exist");
  Import& import = found->second;
  if (import.last_poll_ms != 0 && scene.call.now_ms - import.last_poll_ms < scene.options.min_poll_ms) {
    scene.violations.Add("process_polled_too_often",
                         fmt::format("{} ms after the last look", scene.call.now_ms - import.last_poll_ms));
  }
  import.last_poll_ms = scene.call.now_ms;
  return Json(200, ProcessJson(import, scene.call.host, scene.account.key));
}

net::ServerResponse ResultFile(Account& account, int64_t process, const std::string& kind) {
  const auto found = account.imports.find(process);
  if (found == account.imports.end() || !found->second.files.contains(kind)) return Empty(404);
  net::ServerResponse response;
  response.headers.Add("content-type", "text/csv");
  response.body = "EMAIL\n" + found->second.files.at(kind);
  return response;
}

}  // namespace tajo::brevo_sim
