#include "services/sync-worker/people/account_reporter.h"

#include <algorithm>
#include <set>
#include <utility>

#include "common/base/error.h"
#include "common/store/erasure.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::worker {
namespace {

constexpr char kScannedCursor[] = "report_scanned_ms";
constexpr char kCycleCursor[] = "report_cycle_s";
constexpr char kClosed[] = "closed";
constexpr char kUpdated[] = "updated";
constexpr int64_t kLeastCycleMs = 24ll * 60 * 60 * 1000;

int64_t CursorOf(const std::map<std::string, std::string>& cursors, const char* name) {
  const auto found = cursors.find(name);
  return found == cursors.end() ? 0 : std::strtoll(found->second.c_str(), nullptr, 10);
}

jira::ConnectionOptions AppOptions(const access::Endpoints& endpoints) {
  jira::ConnectionOptions options;
  options.timeout = endpoints.jira_timeout;
  return options;
}

}  // namespace

AppAccess::AppAccess(net::HttpClient& http, store::Grants& grants, access::Quotas& quotas, base::Clock& clock,
                     base::Random& random, const access::Endpoints& endpoints, const std::string& connection_id,
                     const jira::v1::Credentials& credentials, jira::Observer* observer)
    : oauth_(http, endpoints.jira_auth_url, endpoints.jira_api_url),
      tokens_(store::MakeTokenSource(grants, oauth_, clock, credentials.grant_id())),
      authorizer_(*tokens_, endpoints.jira_api_url),
      governor_(quotas.ForAtlassian(connection_id)),
      connection_(http, authorizer_, *governor_, clock, random, AppOptions(endpoints), observer) {}

base::Task<absl::StatusOr<AccountReporter::Outcome>> AccountReporter::Work() {
  auto cursors = co_await parts_.store.Cursors();
  if (!cursors.ok()) co_return cursors.status();
  const int64_t now_ms = base::ToMillis(parts_.clock.Now());
  const int64_t scanned_ms = CursorOf(*cursors, kScannedCursor);
  const int64_t default_cycle_s = std::chrono::seconds(jira::kDefaultCycle).count();
  const int64_t known_cycle_s = CursorOf(*cursors, kCycleCursor);
  cycle_ms_ = std::max((known_cycle_s > 0 ? known_cycle_s : default_cycle_s) * 1000, kLeastCycleMs);
  const int64_t every_ms = std::chrono::duration_cast<std::chrono::milliseconds>(scan_every_).count();
  if (scanned_ms + every_ms <= now_ms) {
    TAJO_CO_RETURN_IF_ERROR(co_await Scan(scanned_ms, now_ms));
  }
  auto due = co_await Due(now_ms - cycle_ms_);
  if (!due.ok()) co_return due.status();
  Outcome outcome;
  if (due->empty()) {
    const int64_t next_ms = std::max(scanned_ms, now_ms - every_ms) + every_ms;
    const int64_t wait_ms = scanned_ms + every_ms <= now_ms ? every_ms : next_ms - now_ms;
    outcome.wait = std::chrono::milliseconds(std::max<int64_t>(wait_ms, 1000));
    co_return outcome;
  }
  auto answers = co_await Ask(*std::move(due), now_ms);
  if (!answers.ok()) co_return answers.status();
  outcome.closed = !answers->closed.empty();
  TAJO_CO_RETURN_IF_ERROR(co_await Follow(*std::move(answers), now_ms));
  outcome.wait = std::chrono::milliseconds(0);
  co_return outcome;
}

// Those held now that weren't known to be held. Their data was read since the scan before, or at any time
// since the connection was made.
base::Task<absl::Status> AccountReporter::Scan(int64_t scanned_ms, int64_t now_ms) {
  auto held = co_await store::AccountsHeld(parts_.redis, parts_.store.ConnectionId());
  if (!held.ok()) co_return held.status();
  const std::string as_of = std::to_string(scanned_ms > 0 ? scanned_ms : created_ms_);
  const store::Keys& keys = parts_.store.ConnectionKeys();
  redis::Args read = {"ZRANGE", keys.Of("accounts"), "0", "-1"};
  const auto reply = co_await parts_.redis.Execute(std::move(read));
  if (!reply.ok()) co_return reply.status();
  std::set<std::string> known;
  for (const redis::Reply& account : reply->Elements()) known.insert(account.String());
  for (const std::string& account : *held) {
    if (known.contains(account)) continue;
    redis::Args note = {"HSETNX", keys.Of("accounts_as_of"), account, as_of};
    const auto noted = co_await parts_.redis.Execute(std::move(note));
    if (!noted.ok()) co_return noted.status();
    redis::Args add = {"ZADD", keys.Of("accounts"), "NX", "0", account};
    const auto added = co_await parts_.redis.Execute(std::move(add));
    if (!added.ok()) co_return added.status();
  }
  // Who isn't held any more isn't reported any more.
  for (const std::string& account : known) {
    if (held->contains(account)) continue;
    redis::Args drop = {"ZREM", keys.Of("accounts"), account};
    const auto dropped = co_await parts_.redis.Execute(std::move(drop));
    if (!dropped.ok()) co_return dropped.status();
    redis::Args forget = {"HDEL", keys.Of("accounts_as_of"), account};
    const auto forgotten = co_await parts_.redis.Execute(std::move(forget));
    if (!forgotten.ok()) co_return forgotten.status();
  }
  std::string name = kScannedCursor;
  co_return co_await SetCursor(std::move(name), now_ms);
}

base::Task<absl::StatusOr<AccountReporter::Accounts>> AccountReporter::Due(int64_t before_ms) {
  redis::Args read = {"ZRANGE",  parts_.store.ConnectionKeys().Of("accounts"),
                      "-inf",    std::to_string(before_ms),
                      "BYSCORE", "LIMIT",
                      "0",       std::to_string(jira::kReportLimit)};
  const auto reply = co_await parts_.redis.Execute(std::move(read));
  if (!reply.ok()) co_return reply.status();
  Accounts accounts;
  for (const redis::Reply& account : reply->Elements()) accounts.push_back(account.String());
  co_return accounts;
}

base::Task<absl::StatusOr<std::vector<jira::HeldAccount>>> AccountReporter::Held(Accounts accounts) {
  redis::Args read = {"HMGET", parts_.store.ConnectionKeys().Of("accounts_as_of")};
  read.insert(read.end(), accounts.begin(), accounts.end());
  const auto reply = co_await parts_.redis.Execute(std::move(read));
  if (!reply.ok()) co_return reply.status();
  std::vector<jira::HeldAccount> held;
  for (std::size_t i = 0; i < accounts.size(); ++i) {
    const bool known = i < reply->Elements().size() && !reply->Elements()[i].IsNil();
    held.push_back({accounts[i], known ? reply->Elements()[i].Integer() : created_ms_});
  }
  co_return held;
}

base::Task<absl::StatusOr<AccountReporter::Answers>> AccountReporter::Ask(Accounts accounts, int64_t now_ms) {
  const auto claimed = co_await store::ClaimAccounts(parts_.redis, SharedKey(), accounts, now_ms, cycle_ms_);
  if (!claimed.ok()) co_return claimed.status();
  Answers answers;
  Accounts ours;
  for (std::size_t i = 0; i < accounts.size() && i < claimed->size(); ++i) {
    const std::string& known = (*claimed)[i];
    if (known.empty()) {
      ours.push_back(accounts[i]);
    } else if (known.ends_with(kClosed)) {
      answers.closed.push_back(accounts[i]);
    } else if (known.ends_with(kUpdated)) {
      answers.updated.push_back(accounts[i]);
    }
  }
  if (!ours.empty()) {
    const absl::Status reported = co_await Report(ours, now_ms, &answers);
    if (!reported.ok()) {
      // Not reported after all: the next turn may.
      redis::Args release = {"HDEL", SharedKey()};
      release.insert(release.end(), ours.begin(), ours.end());
      (void)co_await parts_.redis.Execute(std::move(release));
      co_return reported;
    }
  }
  redis::Args done = {"ZADD", parts_.store.ConnectionKeys().Of("accounts"), "XX"};
  for (const std::string& account : accounts) {
    done.push_back(std::to_string(now_ms));
    done.push_back(account);
  }
  const auto noted = co_await parts_.redis.Execute(std::move(done));
  if (!noted.ok()) co_return noted.status();
  co_return answers;
}

base::Task<absl::Status> AccountReporter::Report(Accounts accounts, int64_t now_ms, Answers* answers) {
  const auto count = static_cast<int64_t>(accounts.size());
  auto held = co_await Held(std::move(accounts));
  if (!held.ok()) co_return held.status();
  auto answer = co_await jira::ReportAccounts(parts_.app, *std::move(held));
  if (!answer.ok()) co_return answer.status();
  parts_.instruments.People("reported", count);
  redis::Args note = {"HSET", SharedKey()};
  for (const jira::ReportedAccount& account : answer->accounts) {
    (account.closed ? answers->closed : answers->updated).push_back(account.account_id);
    note.push_back(account.account_id);
    note.push_back(std::to_string(now_ms) + " " + (account.closed ? kClosed : kUpdated));
  }
  if (note.size() > 2) {
    const auto noted = co_await parts_.redis.Execute(std::move(note));
    if (!noted.ok()) co_return noted.status();
  }
  std::string name = kCycleCursor;
  co_return co_await SetCursor(std::move(name), answer->cycle.count());
}

base::Task<absl::Status> AccountReporter::Follow(Answers answers, int64_t now_ms) {
  for (const std::string& account : answers.closed) {
    jira::v1::Event event;
    event.set_received_ms(now_ms);
    event.mutable_erasure()->set_origin(jira::v1::PersonErasure::ORIGIN_ATLASSIAN);
    event.mutable_erasure()->set_account_id(account);
    TAJO_CO_RETURN_IF_ERROR(co_await people_.Add(std::move(event)));
  }
  parts_.instruments.People("closed", static_cast<int64_t>(answers.closed.size()));
  if (answers.updated.empty()) co_return absl::OkStatus();
  parts_.instruments.People("updated", static_cast<int64_t>(answers.updated.size()));
  co_return co_await Refresh(std::move(answers.updated), now_ms);
}

base::Task<absl::Status> AccountReporter::Refresh(Accounts accounts, int64_t now_ms) {
  auto users = co_await parts_.jira.UsersByAccountId(accounts);
  if (!users.ok()) co_return users.status();
  TAJO_CO_RETURN_IF_ERROR(co_await parts_.store.PutUsers(*std::move(users)));
  std::set<std::string> wanted(accounts.begin(), accounts.end());
  auto emails = co_await store::EmailsOfAccounts(parts_.redis, parts_.store.ConnectionId(), std::move(wanted));
  if (!emails.ok()) co_return emails.status();
  std::vector<store::ContactId> contacts;
  for (const std::string& email : *emails) contacts.push_back(store::ContactId::OfEmail(email));
  TAJO_CO_RETURN_IF_ERROR(co_await parts_.store.MarkStale(std::move(contacts)));
  redis::Args as_of = {"HSET", parts_.store.ConnectionKeys().Of("accounts_as_of")};
  for (const std::string& account : accounts) {
    as_of.push_back(account);
    as_of.push_back(std::to_string(now_ms));
  }
  const auto noted = co_await parts_.redis.Execute(std::move(as_of));
  co_return noted.status();
}

base::Task<absl::Status> AccountReporter::SetCursor(std::string name, int64_t value) {
  store::Application application;
  application.cursors[std::move(name)] = std::to_string(value);
  const auto applied = co_await parts_.store.Apply(std::move(application));
  co_return applied.status();
}

}  // namespace tajo::worker
