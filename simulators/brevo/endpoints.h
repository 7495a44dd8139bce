#pragma once

#include <string_view>

#include "common/net/http_server.h"
#include "simulators/brevo/account.h"
#include "simulators/brevo/call.h"
#include "simulators/brevo/options.h"
#include "simulators/brevo/violations.h"

namespace tajo::brevo_sim {

// What an endpoint works on. One loop, one call at a time.
struct Scene {
  Account& account;
  const Call& call;
  Violations& violations;
  const Options& options;
};

// `segments` as in Brevo's paths; each answers as Brevo does and counts what Brevo only swallows.
net::ServerResponse CreateContact(Scene scene);  // POST /contacts
net::ServerResponse ListContacts(Scene scene,
                                 std::optional<int64_t> list_id);            // GET /contacts, .../lists/{id}/contacts
net::ServerResponse OneContact(Scene scene, const std::string& identifier);  // GET, PUT, DELETE /contacts/{identifier}
net::ServerResponse Attributes(Scene scene);                                 // /contacts/attributes...
net::ServerResponse Lists(Scene scene);                                      // /contacts/lists...
net::ServerResponse Folders(Scene scene);                                    // /contacts/folders...
net::ServerResponse StartImport(Scene scene);                                // POST /contacts/import
net::ServerResponse Processes(Scene scene);                                  // GET /processes...
net::ServerResponse ResultFile(Account& account, int64_t process, const std::string& kind);
net::ServerResponse CreateEvent(Scene scene);   // POST /events
net::ServerResponse CreateEvents(Scene scene);  // POST /events/batch
net::ServerResponse ListEvents(Scene scene);    // GET /events
net::ServerResponse Webhooks(Scene scene);      // /webhooks...
net::ServerResponse Campaigns(Scene scene);     // /emailCampaigns...
net::ServerResponse OwnAccount(Scene scene);    // GET /account

// What was made and sent, with the recipients.
nlohmann::json CampaignsTruth(const Account& account, int64_t now_ms);

// Applies the imports whose time has come, one after the other, up to `most_rows` of one; true if more is left of it.
bool AdvanceImports(Account& account, int64_t now_ms, int64_t delay_ms, std::size_t most_rows, Violations& violations);

// Counts keys of `body` that aren't in `known`: Brevo ignores them.
void CountUnknownKeys(const nlohmann::json& body, std::initializer_list<std::string_view> known, std::string_view where,
                      Violations& violations);
// The body as a JSON object; otherwise the answer to give.
std::optional<net::ServerResponse> ParseObject(const Call& call, nlohmann::json& body);
// A member that must be an array of numbers; absent is empty.
std::optional<net::ServerResponse> ReadIds(const nlohmann::json& body, std::string_view key, std::vector<int64_t>& ids);
std::optional<net::ServerResponse> CheckLists(const Account& account, const std::vector<int64_t>& list_ids,
                                              Violations& violations);

}  // namespace tajo::brevo_sim
