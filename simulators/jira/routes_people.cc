#include <algorithm>

#include "common/base/ascii.h"
#include "simulators/jira/router.h"
#include "simulators/jira/site.h"

namespace tajo::jira_sim {
namespace {

Answer One(Site& site, Call& call, UserIndex user) {
  call.points += 2;
  std::string body;
  JsonWriter json(body);
  WritePerson(json, site.world, user, call.style);
  return JsonAnswer(200, std::move(body));
}

Answer Myself(Site& site, Call& call) {
  return One(site, call, site.world.Persons().Caller());
}

Answer GetUser(Site& site, Call& call) {
  const auto account_id = call.Query("accountId");
  if (!account_id) {
    site.violations.Count("user_without_account_id", "GET user wants accountId");
    return Refusal(400, "The query parameter 'accountId' must be specified.");
  }
  const auto user = site.world.Persons().ByAccountId(*account_id);
  if (!user) return Refusal(404, "Specified user does not exist or you do not have required permissions");
  return One(site, call, *user);
}

Answer BulkUsers(Site& site, Call& call) {
  std::vector<std::string> ids;
  for (const auto& [key, value] : call.query) {
    if (key == "accountId") ids.push_back(value);
  }
  if (ids.empty()) return Refusal(400, "The query parameter 'accountId' must be specified.");
  if (ids.size() > 200) site.violations.Count("user_bulk_over_limit", "more than 200 account ids");
  const OffsetPage page = ReadOffsetPage(call, 10, 200);
  std::vector<UserIndex> found;
  for (const std::string& id : ids) {
    if (const auto user = site.world.Persons().ByAccountId(id)) found.push_back(*user);
  }
  const auto total = static_cast<int64_t>(found.size());
  std::string body;
  JsonWriter json(body);
  json.BeginObject().Key("self").BeginString().Piece(call.style.base).Piece(call.path).EndString();
  json.Key("maxResults").Int(page.size).Key("startAt").Int(page.start).Key("total").Int(total);
  json.Key("isLast").Bool(page.start + page.size >= total).Key("values").BeginArray();
  for (int64_t i = page.start; i < std::min(total, page.start + page.size); ++i) {
    WritePerson(json, site.world, found[static_cast<std::size_t>(i)], call.style);
    call.points += 2;
  }
  json.EndArray().EndObject();
  return JsonAnswer(200, std::move(body));
}

// Active people only, among the first thousand, by the beginning of name or address.
Answer SearchUsers(Site& site, Call& call) {
  const auto query = call.Query("query");
  const auto account_id = call.Query("accountId");
  if (!query && !account_id && !call.Query("property")) {
    return Refusal(400, "Either the 'query', 'accountId' or 'property' query parameter must be provided.");
  }
  const OffsetPage page = ReadOffsetPage(call, 50, 1000);
  const std::string wanted = base::LowerCase(query.value_or(""));
  const People& people = site.world.Persons();
  int64_t seen = 0;
  std::string body;
  JsonWriter json(body);
  json.BeginArray();
  for (UserIndex user = 0; user < std::min<uint32_t>(people.Size(), 1000); ++user) {
    const Person& person = people.At(user);
    if (!person.active) continue;
    if (account_id && person.account_id != *account_id) continue;
    const bool by_name = base::LowerCase(person.display_name).find(wanted) != std::string::npos;
    if (!by_name && !person.email.starts_with(wanted)) continue;
    if (seen >= page.start && seen < page.start + page.size) WritePerson(json, site.world, user, call.style);
    ++seen;
  }
  json.EndArray();
  return JsonAnswer(200, std::move(body));
}

Answer AllUsers(Site& site, Call& call) {
  const OffsetPage page = ReadOffsetPage(call, 50, 1000);
  const auto end = std::min<int64_t>(site.world.Persons().Size(), page.start + page.size);
  std::string body;
  JsonWriter json(body);
  json.BeginArray();
  for (int64_t user = page.start; user < end; ++user) {
    WritePerson(json, site.world, static_cast<UserIndex>(user), call.style);
    call.points += 2;
  }
  json.EndArray();
  return JsonAnswer(200, std::move(body));
}

}  // namespace

void AddPeopleRoutes(Router& router) {
  const RouteTraits read{.scopes = {"read:jira-user"}};
  router.Add("GET", "/api/myself", Myself, read);
  router.Add("GET", "/api/user", GetUser, read);
  router.Add("GET", "/api/user/bulk", BulkUsers, read);
  router.Add("GET", "/api/user/search", SearchUsers, read);
  router.Add("GET", "/api/users", AllUsers, read);
  router.Add("GET", "/api/users/search", AllUsers, read);
}

}  // namespace tajo::jira_sim
