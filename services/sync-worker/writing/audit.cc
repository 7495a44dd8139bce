#include "services/sync-worker/writing/audit.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "common/json/time.h"
#include "common/store/overview.h"

namespace tajo::worker {
namespace {

using Json = nlohmann::json;

constexpr char kAuditCursor[] = "audit";
constexpr int kContactsAPage = 1000;
constexpr int64_t kPassEveryMs = 3'600'000;
constexpr int64_t kFullEveryMs = 7 * int64_t{86'400'000};
// Brevo's clock isn't ours, and what we wrote a moment ago may not be shown yet: the next pass sees it.
constexpr int64_t kAuditMarginMs = 10 * 60'000;
constexpr int64_t kFreshMs = 2 * 60'000;
constexpr std::chrono::seconds kPageEvery{5};

std::string TextOf(const std::string& json_text) {
  const Json value = Json::parse(json_text, nullptr, /*allow_exceptions=*/false);
  if (value.is_string()) return value.get<std::string>();
  return value.is_null() || value.is_discarded() || value.empty() ? std::string() : value.dump();
}

std::optional<double> NumberOf(const std::string& text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

bool SameText(const std::string& wanted, const std::string& there) {
  if (wanted == there) return true;
  constexpr std::size_t kDate = 10;  // yyyy-mm-dd
  if (wanted.size() == kDate && there.size() > kDate && there[kDate] == 'T') return there.starts_with(wanted);
  const auto number = NumberOf(wanted);
  return number && number == NumberOf(there);
}

bool IsIn(const std::vector<int64_t>& lists, int64_t list) {
  return std::find(lists.begin(), lists.end(), list) != lists.end();
}

// In Brevo they have left e-mails as a whole, or one of our lists.
bool Unsubscribed(const jira::v1::DesiredContact& desired, const brevo::Contact& there) {
  return there.email_blocklisted || std::any_of(desired.list_ids().begin(), desired.list_ids().end(),
                                                [&](int64_t list) { return IsIn(there.unsubscribed_list_ids, list); });
}

bool LacksList(const jira::v1::DesiredContact& desired, const brevo::Contact& there) {
  return std::any_of(desired.list_ids().begin(), desired.list_ids().end(),
                     [&](int64_t list) { return !IsIn(there.list_ids, list); });
}

}  // namespace

// Where the audit stands; a cursor of the connection.
struct Audit::Pass {
  bool running = false;
  int64_t began_ms = 0;  // the running one or the last
  int64_t since_ms = 0;  // compares what changed since; 0: all
  int64_t offset = 0;
  int64_t full_ms = 0;  // when the last one over all began

  static Pass FromJson(const std::string& text) {
    Pass pass;
    const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (!json.is_object()) return pass;
    pass.running = json.value("running", false);
    pass.began_ms = json.value("began", int64_t{0});
    pass.since_ms = json.value("since", int64_t{0});
    pass.offset = json.value("offset", int64_t{0});
    pass.full_ms = json.value("full", int64_t{0});
    return pass;
  }
  std::string ToJson() const {
    return Json({{"running", running}, {"began", began_ms}, {"since", since_ms}, {"offset", offset}, {"full", full_ms}})
        .dump();
  }
  void Begin(int64_t now_ms) {
    const bool all = now_ms - full_ms >= kFullEveryMs;
    since_ms = all ? 0 : began_ms - kAuditMarginMs;
    if (all) full_ms = now_ms;
    began_ms = now_ms;
    offset = 0;
    running = true;
  }
};

std::vector<std::string> DifferingAttributes(const jira::v1::DesiredContact& desired, const brevo::Contact& there) {
  std::vector<std::string> differing;
  for (const auto& [name, value] : desired.attributes()) {
    const auto found = there.attributes.find(name);
    const std::string shown = found == there.attributes.end() ? std::string() : TextOf(found->second);
    if (!SameText(TextOf(value), shown)) differing.push_back(name);
  }
  std::sort(differing.begin(), differing.end());
  return differing;
}

base::Task<absl::StatusOr<Audit::Outcome>> Audit::Work() {
  Outcome outcome;
  auto cursors = co_await parts_.store.Cursors();
  if (!cursors.ok()) co_return cursors.status();
  const int64_t now_ms = parts_.store.NowMs();
  Pass pass = Pass::FromJson((*cursors)[kAuditCursor]);
  if (pass.began_ms == 0) {
    // There is nothing to compare before the first sync, and little right after it.
    outcome.wait = std::chrono::milliseconds(kPassEveryMs);
    if (!cursors->contains(store::kCursorLastSync)) co_return outcome;
    pass.began_ms = now_ms;
    TAJO_CO_RETURN_IF_ERROR(co_await Save(pass));
    co_return outcome;
  }
  if (!pass.running) {
    outcome.wait = std::chrono::milliseconds(pass.began_ms + kPassEveryMs - now_ms);
    if (outcome.wait > base::Duration::zero()) co_return outcome;
    pass.Begin(now_ms);
  }
  brevo::ContactQuery query;
  query.limit = kContactsAPage;
  query.offset = pass.offset;
  if (pass.since_ms != 0) query.modified_since = json::FormatIso8601(pass.since_ms);
  auto page = co_await parts_.brevo.ListContacts(std::move(query));
  if (!page.ok()) co_return page.status();

  std::vector<std::string> accounts;
  for (const brevo::Contact& contact : page->contacts) {
    const auto account = contact.attributes.find(parts_.account_attribute);
    if (account != contact.attributes.end()) accounts.push_back(TextOf(account->second));
  }
  outcome.looked_for = !accounts.empty();
  TAJO_CO_RETURN_IF_ERROR(co_await parked_.LookAt(std::move(accounts), parts_.store.NowMs()));
  pass.running = page->contacts.size() == static_cast<std::size_t>(kContactsAPage);
  pass.offset += kContactsAPage;
  auto mended = co_await Compare(std::move(page->contacts), now_ms);
  if (!mended.ok()) co_return mended.status();
  outcome.mended = *mended;
  outcome.wait = pass.running ? base::Duration(kPageEvery) : base::Duration(std::chrono::milliseconds(kPassEveryMs));
  TAJO_CO_RETURN_IF_ERROR(co_await Save(pass));
  co_return outcome;
}

base::Task<absl::StatusOr<int64_t>> Audit::Compare(std::vector<brevo::Contact> contacts, int64_t asked_ms) {
  std::erase_if(contacts, [](const brevo::Contact& contact) { return contact.email.empty(); });
  std::vector<store::ContactId> ids;
  for (const brevo::Contact& contact : contacts) ids.push_back(store::ContactId::OfEmail(contact.email));
  auto kept = co_await parts_.store.Contacts(ids);
  if (!kept.ok()) co_return kept.status();
  std::vector<store::OwnerStore::Difference> differences;
  int64_t compared = 0, yielded = 0;
  for (std::size_t i = 0; i < contacts.size(); ++i) {
    const auto& ours = (*kept)[i];
    if (!ours || !ours->state.known || ours->busy || ours->state.written_ms > asked_ms - kFreshMs) continue;
    ++compared;
    store::OwnerStore::Difference difference{ids[i], ours->state.version};
    const bool has_left = ours->unsubscribed || Unsubscribed(ours->state.desired, contacts[i]);
    difference.unsubscribed = has_left && !ours->unsubscribed;
    const bool differs = !DifferingAttributes(ours->state.desired, contacts[i]).empty() ||
                         (!has_left && LacksList(ours->state.desired, contacts[i]));
    if (differs && ours->state.mends < kMostMends) difference.mends = ours->state.mends + 1;
    if (differs && difference.mends == 0) ++yielded;
    if (difference.mends > 0 || difference.unsubscribed) differences.push_back(difference);
  }
  auto mended = co_await parts_.store.Mend(std::move(differences));
  if (!mended.ok()) co_return mended.status();
  parts_.instruments.Audited("compared", compared);
  parts_.instruments.Audited("mended", *mended);
  parts_.instruments.Audited("left", yielded);
  co_return *mended;
}

base::Task<absl::Status> Audit::Save(const Pass& pass) {
  store::Application application;
  application.cursors[kAuditCursor] = pass.ToJson();
  const auto applied = co_await parts_.store.Apply(std::move(application));
  co_return applied.status();
}

}  // namespace tajo::worker
