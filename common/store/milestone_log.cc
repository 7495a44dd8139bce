#include "common/store/milestone_log.h"

#include <algorithm>

#include "common/store/lua_scripts.h"
#include "common/store/reply_read.h"
#include "common/store/scripts.h"

namespace tajo::store {
namespace {

constexpr std::size_t kContactsPerCall = 1000;

const redis::Script& PutCampaignScript() {
  static const redis::Script script = OwnerScript(lua::kPutCampaign);
  return script;
}
const redis::Script& StandingScript() {
  static const redis::Script script(lua::kStanding);
  return script;
}

Standing StandingIn(const redis::Reply& reply) {
  if (reply.String() == "k") return Standing::kKnown;
  return reply.String() == "w" ? Standing::kAwaited : Standing::kNone;
}

}  // namespace

base::Task<absl::StatusOr<std::vector<std::optional<std::string>>>> MilestoneLog::Known(std::vector<std::string> keys) {
  std::vector<std::optional<std::string>> known(keys.size());
  if (keys.empty()) co_return known;
  redis::Args read = {"HMGET", owner_.ConnectionKeys().Of("milestones")};
  read.insert(read.end(), keys.begin(), keys.end());
  TAJO_CO_ASSIGN_OR_RETURN(const redis::Reply reply, co_await redis_.Execute(std::move(read)));
  const redis::Reply::Array& values = reply.Elements();
  for (std::size_t i = 0; i < std::min(values.size(), known.size()); ++i) {
    if (!values[i].IsNil()) known[i] = values[i].String();
  }
  co_return known;
}

base::Task<absl::StatusOr<std::vector<std::pair<std::string, jira::v1::CampaignRecord>>>> MilestoneLog::Campaigns() {
  redis::Args read = {"HGETALL", owner_.ConnectionKeys().Of("campaigns")};
  TAJO_CO_ASSIGN_OR_RETURN(const redis::Reply reply, co_await redis_.Execute(std::move(read)));
  std::vector<std::pair<std::string, jira::v1::CampaignRecord>> campaigns;
  for (const auto& [key, bytes] : FieldsOf(reply)) {
    jira::v1::CampaignRecord record;
    if (record.ParseFromString(bytes)) campaigns.emplace_back(key, std::move(record));
  }
  co_return campaigns;
}

base::Task<absl::Status> MilestoneLog::PutCampaign(std::string key, jira::v1::CampaignRecord campaign) {
  redis::Args args = {std::move(key), campaign.SerializeAsString(), ""};
  const absl::StatusOr<redis::Reply> reply = co_await owner_.Run(PutCampaignScript(), std::move(args));
  co_return reply.status();
}

base::Task<absl::Status> MilestoneLog::EndCampaign(std::string key, std::string known_as) {
  redis::Args args = {std::move(key), "", std::move(known_as)};
  const absl::StatusOr<redis::Reply> reply = co_await owner_.Run(PutCampaignScript(), std::move(args));
  co_return reply.status();
}

base::Task<absl::StatusOr<std::vector<Standing>>> MilestoneLog::StandingOf(std::vector<ContactId> contacts) {
  std::vector<Standing> standings;
  for (std::size_t begin = 0; begin < contacts.size(); begin += kContactsPerCall) {
    redis::Args keys = {owner_.ConnectionKeys().Of("unsubscribed")};
    redis::Args args = {owner_.ConnectionKeys().Prefix()};
    const std::size_t end = std::min(begin + kContactsPerCall, contacts.size());
    for (std::size_t i = begin; i < end; ++i) args.push_back(contacts[i].Bytes());
    TAJO_CO_ASSIGN_OR_RETURN(const redis::Reply reply,
                             co_await redis_.Run(StandingScript(), std::move(keys), std::move(args)));
    for (const redis::Reply& standing : reply.Elements()) standings.push_back(StandingIn(standing));
  }
  standings.resize(contacts.size(), Standing::kNone);
  co_return standings;
}

}  // namespace tajo::store
