#include <algorithm>
#include <utility>

#include "common/store/ledger_key.h"
#include "common/store/lua_scripts.h"
#include "common/store/owner_store.h"
#include "common/store/reply_read.h"
#include "common/store/scripts.h"

namespace tajo::store {
namespace {

constexpr int64_t kTombstoneMs = 7 * kDayMs;
constexpr int kDeadLetterDays = 30;
constexpr int kQuarantineDays = 7;

const redis::Script& UpkeepScript() {
  static const redis::Script script = OwnerScript(lua::kUpkeep);
  return script;
}
const redis::Script& ScanScript() {
  static const redis::Script script(lua::kScanIssues);
  return script;
}

int64_t DaysMs(int configured, int otherwise) {
  return (configured > 0 ? configured : otherwise) * kDayMs;
}

}  // namespace

base::Task<absl::StatusOr<bool>> OwnerStore::Upkeep(jira::v1::RetentionSettings retention) {
  const int64_t now_ms = NowMs();
  redis::Args args = {
      std::to_string(now_ms - kTombstoneMs),
      std::to_string(std::max<int64_t>(0, now_ms - DaysMs(retention.dead_letter_days(), kDeadLetterDays))),
      std::to_string(std::max<int64_t>(0, now_ms - DaysMs(retention.quarantine_days(), kQuarantineDays))),
      std::to_string(now_ms - kUserAgeMs), users_cursor_};
  TAJO_CO_ASSIGN_OR_RETURN(const redis::Reply reply, co_await Run(UpkeepScript(), std::move(args)));
  const redis::Reply::Array& result = reply.Elements();
  if (result.size() != 2) co_return false;
  users_cursor_ = result[1].String();
  co_return result[0].Integer() != 0;
}

base::Task<absl::StatusOr<OwnerStore::IssuePage>> OwnerStore::ScanIssues(std::string cursor) {
  redis::Args keys = {keys_.Of("buckets")};
  redis::Args args = {keys_.Prefix(), cursor.empty() ? "0" : std::move(cursor)};
  TAJO_CO_ASSIGN_OR_RETURN(const redis::Reply reply,
                           co_await redis_.Run(ScanScript(), std::move(keys), std::move(args)));
  IssuePage page;
  page.cursor = "0";
  if (reply.Elements().size() != 2) co_return page;
  page.cursor = reply.Elements()[0].String();
  const redis::Reply::Array& values = reply.Elements()[1].Elements();
  for (std::size_t i = 0; i + 1 < values.size(); i += 2) {
    absl::StatusOr<IssueRecord> record = IssueRecord::Unpack(values[i + 1].String());
    if (!record.ok()) co_return record.status();
    page.issues.emplace_back(ToNumber(values[i].String()), *std::move(record));
  }
  co_return page;
}

}  // namespace tajo::store
