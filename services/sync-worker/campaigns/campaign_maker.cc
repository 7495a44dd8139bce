#include "services/sync-worker/campaigns/campaign_maker.h"

#include <algorithm>
#include <utility>

#include "common/base/error.h"
#include "common/brevo/batching.h"
#include "common/brevo/errors.h"
#include "common/deciding/milestone.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::worker {
namespace {

constexpr char kDefaultFolder[] = "Jira milestones";
// Customers who aren't in Brevo yet are waited for, but not for ever.
constexpr std::chrono::seconds kAwaitContacts{5};
constexpr int64_t kContactsLateMs = 10 * 60'000;

}  // namespace

base::Task<absl::StatusOr<base::Duration>> CampaignMaker::Advance(std::string key, Record campaign,
                                                                  Milestones& milestones) {
  while (true) {
    const CampaignStep step = NextStep(campaign);
    if (step == CampaignStep::kEnd) break;
    const base::Duration early = BeforeLook(campaign, parts_.settle, base::ToMillis(parts_.clock.Now()));
    if (early > base::Duration::zero()) co_return early;
    auto wait = co_await Take(step, key, &campaign, milestones);
    if (!wait.ok()) co_return wait.status();
    if (*wait > base::Duration::zero()) co_return *wait;
  }
  TAJO_CO_RETURN_IF_ERROR(co_await parts_.log.EndCampaign(std::move(key), RememberedAs(campaign)));
  co_return base::Duration::zero();
}

base::Task<absl::StatusOr<base::Duration>> CampaignMaker::Take(CampaignStep step, const std::string& key,
                                                               Record* campaign, Milestones& milestones) {
  absl::Status status;
  switch (step) {
    case CampaignStep::kFindRecipients:
      status = co_await FindRecipients(key, campaign, milestones);
      break;
    case CampaignStep::kLookForList:
      status = co_await LookForList(key, campaign);
      break;
    case CampaignStep::kFillList:
      co_return co_await FillList(key, campaign, milestones);
    case CampaignStep::kCreate:
      status = co_await Create(key, campaign);
      break;
    case CampaignStep::kLookForCampaign:
      status = co_await LookForCampaign(key, campaign);
      break;
    case CampaignStep::kSend:
      status = co_await Send(key, campaign);
      break;
    case CampaignStep::kReadStatus:
      status = co_await ReadStatus(key, campaign);
      break;
    case CampaignStep::kEnd:
      break;
  }
  if (!status.ok()) co_return status;
  co_return base::Duration::zero();
}

base::Task<absl::Status> CampaignMaker::Store(const std::string& key, Record* campaign, Record::State state) {
  campaign->set_state(state);
  campaign->set_stored_ms(base::ToMillis(parts_.clock.Now()));
  absl::Status stored = co_await parts_.log.PutCampaign(key, *campaign);
  if (base::ReasonOf(stored) == jira::v1::REDIS_AMBIGUOUS) stored = co_await parts_.log.PutCampaign(key, *campaign);
  co_return stored;
}

base::Task<absl::Status> CampaignMaker::FindRecipients(const std::string& key, Record* campaign,
                                                       Milestones& milestones) {
  if (!parts_.settings.list_ids().empty()) co_return co_await Store(key, campaign, Record::READY);
  const int64_t now = base::ToMillis(parts_.clock.Now());
  auto found = co_await milestones.Find(deciding::MilestoneOf(*campaign), campaign->changed_ms(), now);
  if (!found.ok()) co_return found.status();
  if (found->customers.empty()) {
    campaign->set_state(Record::NOBODY);
    co_return absl::OkStatus();
  }
  if (!found->unread.empty()) {
    store::Application application;
    application.issues = std::move(found->unread);
    const auto applied = co_await parts_.store.Apply(std::move(application));
    if (!applied.ok()) co_return applied.status();
  }
  co_return co_await MakeList(key, campaign);
}

base::Task<absl::StatusOr<int64_t>> CampaignMaker::FolderId() {
  if (folder_id_ != 0) co_return folder_id_;
  const std::string name = parts_.settings.folder().empty() ? kDefaultFolder : parts_.settings.folder();
  TAJO_CO_ASSIGN_OR_RETURN(const std::optional<int64_t> found, co_await parts_.brevo.FindFolder(name));
  if (found) {
    folder_id_ = *found;
  } else {
    TAJO_CO_ASSIGN_OR_RETURN(folder_id_, co_await parts_.brevo.CreateFolder(name));
  }
  co_return folder_id_;
}

base::Task<absl::Status> CampaignMaker::LookForList(const std::string& key, Record* campaign) {
  TAJO_CO_ASSIGN_OR_RETURN(const int64_t folder, co_await FolderId());
  TAJO_CO_ASSIGN_OR_RETURN(const std::optional<int64_t> list, co_await parts_.brevo.FindList(folder, campaign->name()));
  if (!list) co_return co_await MakeList(key, campaign);
  campaign->set_list_id(*list);
  co_return co_await Store(key, campaign, Record::FILLING);
}

base::Task<absl::Status> CampaignMaker::MakeList(const std::string& key, Record* campaign) {
  TAJO_CO_ASSIGN_OR_RETURN(const int64_t folder, co_await FolderId());
  TAJO_CO_RETURN_IF_ERROR(co_await Store(key, campaign, Record::LISTING));
  TAJO_CO_ASSIGN_OR_RETURN(const int64_t list, co_await parts_.brevo.CreateList(folder, campaign->name()));
  campaign->set_list_id(list);
  co_return co_await Store(key, campaign, Record::FILLING);
}

base::Task<absl::StatusOr<base::Duration>> CampaignMaker::FillList(const std::string& key, Record* campaign,
                                                                   Milestones& milestones) {
  const int64_t now = base::ToMillis(parts_.clock.Now());
  auto found = co_await milestones.Find(deciding::MilestoneOf(*campaign), campaign->changed_ms(), now);
  if (!found.ok()) co_return found.status();
  std::vector<store::ContactId> contacts;
  for (const auto& customer : found->customers) contacts.push_back(customer.Contact());
  TAJO_CO_ASSIGN_OR_RETURN(const std::vector<store::Standing> standings, co_await parts_.log.StandingOf(contacts));
  std::vector<std::string> emails;
  for (std::size_t i = 0; i < standings.size(); ++i) {
    const bool late = now - campaign->stored_ms() > kContactsLateMs;
    if (standings[i] == store::Standing::kAwaited && !late) co_return kAwaitContacts;
    if (standings[i] == store::Standing::kKnown) emails.push_back(found->customers[i].email);
  }
  if (emails.empty()) {
    campaign->set_state(Record::NOBODY);
    co_return base::Duration::zero();
  }
  for (std::size_t begin = 0; begin < emails.size(); begin += brevo::kMaxListMembers) {
    const std::size_t end = std::min(begin + brevo::kMaxListMembers, emails.size());
    std::vector<std::string> part(emails.begin() + static_cast<std::ptrdiff_t>(begin),
                                  emails.begin() + static_cast<std::ptrdiff_t>(end));
    // Whoever is in it already, from a try that broke off, stays: Brevo calls that a failure.
    const auto added = co_await parts_.brevo.AddToList(campaign->list_id(), std::move(part));
    if (!added.ok()) co_return added.status();
  }
  const absl::Status stored = co_await Store(key, campaign, Record::READY);
  if (!stored.ok()) co_return stored;
  co_return base::Duration::zero();
}

base::Task<absl::Status> CampaignMaker::Create(const std::string& key, Record* campaign) {
  TAJO_CO_RETURN_IF_ERROR(co_await Store(key, campaign, Record::CREATING));
  const auto id = co_await parts_.brevo.CreateCampaign(RequestFor(*campaign, parts_.settings));
  if (!id.ok()) {
    if (brevo::SurelyNotActed(id.status())) TAJO_CO_RETURN_IF_ERROR(co_await Store(key, campaign, Record::READY));
    co_return id.status();
  }
  campaign->set_campaign_id(*id);
  co_return co_await Store(key, campaign, Record::CREATED);
}

base::Task<absl::Status> CampaignMaker::LookForCampaign(const std::string& key, Record* campaign) {
  TAJO_CO_ASSIGN_OR_RETURN(const std::optional<brevo::Campaign> found,
                           co_await parts_.brevo.FindCampaign(campaign->name()));
  if (!found) co_return co_await Store(key, campaign, Record::READY);
  campaign->set_campaign_id(found->id);
  const Record::State state = StateFor(found->status).value_or(Record::CREATED);
  co_return co_await Store(key, campaign, state);
}

base::Task<absl::Status> CampaignMaker::Send(const std::string& key, Record* campaign) {
  TAJO_CO_RETURN_IF_ERROR(co_await Store(key, campaign, Record::SENDING));
  const auto sent = co_await parts_.brevo.SendCampaign(campaign->campaign_id());
  if (sent.ok()) {
    campaign->set_state(Record::SENT);
  } else if (base::ReasonOf(sent.status()) == jira::v1::BREVO_NOT_FOUND) {
    campaign->set_state(Record::WITHDRAWN);
  } else {
    if (brevo::SurelyNotActed(sent.status())) TAJO_CO_RETURN_IF_ERROR(co_await Store(key, campaign, Record::CREATED));
    co_return sent.status();
  }
  co_return absl::OkStatus();
}

base::Task<absl::Status> CampaignMaker::ReadStatus(const std::string& key, Record* campaign) {
  const auto there = co_await parts_.brevo.GetCampaign(campaign->campaign_id());
  if (base::ReasonOf(there.status()) == jira::v1::BREVO_NOT_FOUND) {
    campaign->set_state(Record::WITHDRAWN);
    co_return absl::OkStatus();
  }
  if (!there.ok()) co_return there.status();
  const auto state = StateFor(there->status);
  if (!state) {
    co_return base::Error(jira::v1::BREVO_REQUEST_INVALID,
                          "Brevo has suspended the campaign: see its reason there, and send or delete it");
  }
  co_return co_await Store(key, campaign, *state);
}

}  // namespace tajo::worker
