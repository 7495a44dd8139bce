#include <algorithm>
#include <map>
#include <set>

#include "common/store/overview.h"
#include "tests/integration/store/store_fixture.h"

namespace tajo::store {
namespace {

// What the store should hold, kept the plain way: all records, and everything else derived from them.
class Model {
 public:
  bool Apply(const IssueWrite& write) {
    const auto found = issues_.find(write.issue_id);
    if (found == issues_.end()) {
      issues_[write.issue_id] = write;
      return true;
    }
    IssueWrite& old = found->second;
    const int64_t verified = std::max(old.record.verified_until_ms, write.record.verified_until_ms);
    const bool deletes = write.record.deleted && !old.record.deleted;
    const bool stale =
        (old.record.deleted && !write.record.deleted) || (old.record.version_ms > write.record.version_ms && !deletes);
    if (!stale) {
      const int64_t version = std::max(old.record.version_ms, write.record.version_ms);
      old = write;
      old.record.version_ms = version;
    }
    old.record.verified_until_ms = verified;
    return !stale;
  }

  const std::map<int64_t, IssueWrite>& Issues() const { return issues_; }
  static bool IsListed(const IssueWrite& issue) {
    return !issue.record.deleted && issue.record.admitted && !issue.record.contact.IsNone();
  }
  const IssueWrite* Last(const ContactId& contact) const {
    const IssueWrite* last = nullptr;
    for (const auto& [id, issue] : issues_) {
      if (!IsListed(issue) || issue.record.contact != contact) continue;
      if (last == nullptr || issue.rank_ms >= last->rank_ms) last = &issue;  // ids ascend: ties to the higher
    }
    return last;
  }
  std::map<uint32_t, int64_t> Lists(const ContactId& contact) const {
    std::map<uint32_t, int64_t> lists;
    for (const auto& [id, issue] : issues_) {
      if (IsListed(issue) && issue.record.contact == contact && issue.record.list_id != 0)
        ++lists[issue.record.list_id];
    }
    return lists;
  }

 private:
  std::map<int64_t, IssueWrite> issues_;
};

class ModelTest : public StoreTest, public ::testing::WithParamInterface<uint64_t> {
 protected:
  OwnerStore owner_ = Owner();
  Model model_;
  base::SeededRandom dice_{GetParam()};
  std::vector<std::string> people_ = {"", "a@example.com", "b@example.com", "c@example.org", "d@example.org"};
  std::map<ContactId, jira::v1::DesiredContact> brevo_;  // what was written, lists included

  int64_t Below(int64_t bound) { return static_cast<int64_t>(dice_.Next() % static_cast<uint64_t>(bound)); }

  IssueWrite RandomWrite() {
    const int64_t id = 1 + Below(12);
    if (Below(12) == 0) return Deletion(id, 1 + Below(60));
    IssueWrite write =
        Ticket(id, people_[static_cast<std::size_t>(Below(5))], 1 + Below(60), static_cast<uint32_t>(Below(3)));
    write.record.admitted = Below(8) != 0;
    write.record.verified_until_ms = Below(60);
    if (Below(3) == 0) write.rank_ms = 1 + Below(10);
    return write;
  }

  // What an owner does with stale contacts: re-reads the ticket, or clears the contact.
  void SettleStale() {
    Application repair;
    for (const LastTicket& stale : Must(owner_.StaleContacts(100))) {
      if (stale.issue_id != 0) {
        const IssueWrite& issue = model_.Issues().at(stale.issue_id);
        repair.issues.push_back(issue);
        model_.Apply(issue);
      } else {
        repair.contacts.push_back({stale.contact, 0, {}});
      }
    }
    const Applied applied = Must(owner_.Apply(repair));
    EXPECT_TRUE(applied.stale_contacts.empty());
    EXPECT_TRUE(Must(owner_.StaleContacts(100)).empty());
  }

  void WriteDirty(std::size_t at_most) {
    for (const ContactToWrite& contact : Must(owner_.TakeDirty(static_cast<int>(at_most), Lane::kLive))) {
      jira::v1::DesiredContact& written = brevo_[contact.contact];
      std::set<int64_t> lists(written.list_ids().begin(), written.list_ids().end());
      for (const int64_t list : contact.unlink_list_ids) lists.erase(list);
      lists.insert(contact.desired.list_ids().begin(), contact.desired.list_ids().end());
      written = contact.desired;
      written.mutable_list_ids()->Assign(lists.begin(), lists.end());
      Must(owner_.Settle({{contact.contact, contact.version, "h"}}));
    }
  }

  void ExpectAgreement() {
    int64_t live = 0, without_contact = 0;
    for (const auto& [id, issue] : model_.Issues()) {
      const auto stored = Must(owner_.Issues({id})).front();
      ASSERT_TRUE(stored);
      EXPECT_EQ(stored->Pack(), issue.record.Pack()) << "issue " << id;
      live += issue.record.deleted ? 0 : 1;
      without_contact += !issue.record.deleted && issue.record.admitted && issue.record.contact.IsNone() ? 1 : 0;
    }
    const ConnectionOverview overview = Must(ReadOverview(*redis_, "c_1"));
    EXPECT_EQ(overview.issues_tracked, live);
    EXPECT_EQ(overview.tickets_without_contact, without_contact);
    for (std::size_t i = 1; i < people_.size(); ++i) {
      const ContactId contact = ContactId::OfEmail(people_[i]);
      const IssueWrite* last = model_.Last(contact);
      const auto desired = Must(owner_.Desired(contact));
      if (last != nullptr) {
        ASSERT_TRUE(desired) << people_[i];
        EXPECT_EQ(KeyOf(*desired), KeyOf(last->desired)) << people_[i];
        EXPECT_EQ(desired->attributes().at("LAST_TICKET_STATUS"), last->desired.attributes().at("LAST_TICKET_STATUS"));
      } else if (desired) {
        EXPECT_EQ(KeyOf(*desired), "") << people_[i];
      }
    }
  }
};

TEST_P(ModelTest, RandomApplications_StoreAndModel_Agree) {
  for (int round = 0; round < 60; ++round) {
    SCOPED_TRACE(round);
    Application application;
    application.lane = Lane::kLive;
    int64_t stale = 0;
    const int64_t size = 1 + Below(6);
    for (int64_t i = 0; i < size; ++i) {
      application.issues.push_back(RandomWrite());
      stale += model_.Apply(application.issues.back()) ? 0 : 1;
    }
    const Applied applied = Must(owner_.Apply(application));
    EXPECT_EQ(applied.issues_stale, stale);
    if (Below(4) != 0) SettleStale();
    if (Below(3) == 0) WriteDirty(2);
    if (HasFailure()) return;
  }
  SettleStale();
  ExpectAgreement();
  WriteDirty(100);
  EXPECT_EQ(Number({"ZCARD", keys_.Dirty()}), 0);
  for (std::size_t i = 1; i < people_.size(); ++i) {
    const ContactId contact = ContactId::OfEmail(people_[i]);
    const auto written = brevo_.find(contact);
    if (written == brevo_.end()) continue;
    std::set<int64_t> expected;
    for (const auto& [list, count] : model_.Lists(contact)) expected.insert(list);
    EXPECT_EQ(std::set<int64_t>(written->second.list_ids().begin(), written->second.list_ids().end()), expected);
    const IssueWrite* last = model_.Last(contact);
    EXPECT_EQ(KeyOf(written->second), last == nullptr ? "" : KeyOf(last->desired));
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, ModelTest, ::testing::Range<uint64_t>(1, 41));

}  // namespace
}  // namespace tajo::store
