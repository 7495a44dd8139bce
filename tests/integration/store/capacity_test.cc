#include "common/store/capacity.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "common/store/erasure.h"
#include "common/store/people.h"
#include "tests/integration/store/store_fixture.h"

namespace tajo::store {
namespace {

constexpr char kAgent[] = "5b10ac8d82e05b22cc7d4ef5";
constexpr char kOther[] = "712020:0a1b2c3d-0000-4000-8000-000000000002";

bool Before(const Workload& a, const Workload& b) {
  return std::pair(a.assignee_hash, a.project_id) < std::pair(b.assignee_hash, b.project_id);
}

class CapacityTest : public StoreTest {
 protected:
  OwnerStore owner_ = Owner();

  // A ticket of `account` in a project, estimated at an hour, with 2.5 story points.
  static IssueWrite Work(int64_t id, const std::string& account, int64_t version_ms, int64_t project = 10'000) {
    IssueWrite write = Ticket(id, kAnna, version_ms);
    write.record.project_id = project;
    write.project_key = project == 10'000 ? "SUPPORT" : "PRODUCT";
    if (!account.empty()) {
      write.record.assignee_hash = AssigneeHash(account);
      write.assignee_account_id = account;
    }
    write.record.original_estimate_min = 60;
    write.record.remaining_estimate_min = 45;
    write.record.time_spent_min = 15;
    write.record.story_points_x10 = 25;
    return write;
  }
  Recount CountAnew(OwnerStore& owner) {
    Recount recount;
    while (!recount.done) recount = Must(RecountCapacity(owner, base::ToMillis(clock_.Now())));
    return recount;
  }
  Capacity Counted() {
    CountAnew(owner_);
    return Read();
  }
  Capacity Read() { return Must(ReadCapacity(*redis_, "c_1")); }
  void Apply(std::vector<IssueWrite> writes) { Must(owner_.Apply(Of(std::move(writes)))); }
  static Workload Sum(const std::string& account, int64_t project, int64_t tickets) {
    return {account.empty() ? 0 : AssigneeHash(account),
            project,
            tickets,
            tickets * 60,
            tickets * 45,
            tickets * 15,
            tickets * 25};
  }
  // The sums as a change left them, before anything counts anew.
  std::vector<Workload> Sums() {
    auto workloads = Read().workloads;
    std::sort(workloads.begin(), workloads.end(), Before);
    return workloads;
  }
  static std::vector<Workload> Sorted(std::vector<Workload> workloads) {
    std::sort(workloads.begin(), workloads.end(), Before);
    return workloads;
  }
};

TEST_F(CapacityTest, Connection_NeverCounted_HasNothing) {
  Apply({Work(1, kAgent, 1000)});
  EXPECT_EQ(Read().counted_ms, 0);
  EXPECT_TRUE(Read().workloads.empty());
}

TEST_F(CapacityTest, Tickets_OfSeveral_AreSummedByAssigneeAndProject) {
  CountAnew(owner_);
  Apply({Work(1, kAgent, 1000), Work(2, kAgent, 1000), Work(3, kAgent, 1000, 10'001), Work(4, "", 1000),
         Work(5, kOther, 1000)});
  EXPECT_EQ(Sums(),
            Sorted({Sum(kAgent, 10'000, 2), Sum(kAgent, 10'001, 1), Sum("", 10'000, 1), Sum(kOther, 10'000, 1)}));
  const Capacity capacity = Read();
  EXPECT_EQ(capacity.counted_ms, kNowMs);
  const std::map<uint64_t, std::string> accounts = {{AssigneeHash(kAgent), kAgent}, {AssigneeHash(kOther), kOther}};
  EXPECT_EQ(capacity.accounts, accounts);
  const std::map<int64_t, std::string> projects = {{10'000, "SUPPORT"}, {10'001, "PRODUCT"}};
  EXPECT_EQ(capacity.project_keys, projects);
}

TEST_F(CapacityTest, Ticket_RepeatedOrStale_CountsOnce) {
  CountAnew(owner_);
  Apply({Work(1, kAgent, 2000)});
  Apply({Work(1, kAgent, 2000), Work(1, kAgent, 2000)});
  Apply({Work(1, kOther, 1999)});
  EXPECT_EQ(Sums(), Sorted({Sum(kAgent, 10'000, 1)}));
}

TEST_F(CapacityTest, Ticket_ReassignedMovedDoneReopenedAndDeleted_IsWhereItIs) {
  CountAnew(owner_);
  Apply({Work(1, kAgent, 1000)});
  Apply({Work(1, kOther, 2000)});
  EXPECT_EQ(Sums(), Sorted({Sum(kOther, 10'000, 1)}));
  Apply({Work(1, kOther, 3000, 10'001)});
  EXPECT_EQ(Sums(), Sorted({Sum(kOther, 10'001, 1)}));
  IssueWrite done = Work(1, kOther, 4000, 10'001);
  done.record.status_category = jira::v1::DONE;
  Apply({done});
  EXPECT_TRUE(Sums().empty());
  Apply({Work(1, kOther, 5000, 10'001)});
  EXPECT_EQ(Sums(), Sorted({Sum(kOther, 10'001, 1)}));
  IssueWrite hidden = Work(1, kOther, 6000, 10'001);
  hidden.record.admitted = false;
  Apply({hidden});
  EXPECT_TRUE(Sums().empty());
  Apply({Work(1, kOther, 7000, 10'001)});
  Apply({Deletion(1, 7001)});
  EXPECT_TRUE(Sums().empty());
  Apply({Work(1, kOther, 9000, 10'001)});
  EXPECT_TRUE(Sums().empty()) << "a deleted ticket stays deleted";
}

TEST_F(CapacityTest, Customer_Erased_LeavesTheWorkAsItIs) {
  CountAnew(owner_);
  Apply({Work(1, kAgent, 1000)});
  Must(Erase(*redis_, "c_1", owner_.Erased(), {{ContactId::OfEmail(kAnna), "", 0}}, kNowMs));
  EXPECT_EQ(Sums(), Sorted({Sum(kAgent, 10'000, 1)}));
  EXPECT_EQ(CountAnew(owner_).wrong, 0);
}

TEST_F(CapacityTest, Assignee_ErasedByContact_IsUnknownAndStaysSo) {
  CountAnew(owner_);
  Apply({Work(1, kAgent, 1000)});
  Must(Erase(*redis_, "c_1", owner_.Erased(), {{ContactId::OfEmail(kBert), kAgent, 0}}, kNowMs));
  EXPECT_TRUE(Read().accounts.empty());
  Apply({Work(1, kAgent, 2000), Work(2, kAgent, 2000)});
  EXPECT_TRUE(Read().accounts.empty());
  EXPECT_EQ(Sums(), Sorted({Sum(kAgent, 10'000, 2)})) << "the work is still there";
}

TEST_F(CapacityTest, Assignee_ErasedByAccount_IsUnknownAndStaysSo) {
  CountAnew(owner_);
  Apply({Work(1, kAgent, 1000), Work(2, kOther, 1000)});
  PeopleOutcome outcome;
  outcome.erased_accounts.push_back(kAgent);
  People people(*redis_, owner_);
  Must(people.Finish(std::move(outcome)));
  Apply({Work(1, kAgent, 2000)});
  const std::map<uint64_t, std::string> accounts = {{AssigneeHash(kOther), kOther}};
  EXPECT_EQ(Read().accounts, accounts);
}

TEST_F(CapacityTest, Assignees_AreAmongTheAccountsHeld) {
  CountAnew(owner_);
  Apply({Work(1, kAgent, 1000)});
  EXPECT_EQ(Must(AccountsHeld(*redis_, "c_1")), std::set<std::string>{kAgent});
}

TEST_F(CapacityTest, Assignee_WithoutOpenTickets_IsForgottenByTheNextCount) {
  CountAnew(owner_);
  Apply({Work(1, kAgent, 1000)});
  Apply({Deletion(1, 2000)});
  EXPECT_TRUE(Counted().accounts.empty());
}

TEST_F(CapacityTest, Tickets_FromBeforeThereWereSums_AreCountedAtTheFirstStart) {
  Apply({Work(1, kAgent, 1000), Work(2, kAgent, 1000)});
  Redis({"DEL", keys_.Of("capacity")});
  Apply({Work(1, kOther, 2000)});
  CountAnew(owner_);
  EXPECT_EQ(Sums(), Sorted({Sum(kAgent, 10'000, 1), Sum(kOther, 10'000, 1)}));
}

TEST_F(CapacityTest, Sums_ThatWentWrong_AreMendedAndTold) {
  CountAnew(owner_);
  Apply({Work(1, kAgent, 1000), Work(2, kOther, 1000)});
  const std::string field = "\x90\x4e" + AssigneeField(kAgent);  // 10,000 as a varint
  ASSERT_EQ(Number({"HDEL", keys_.Of("capacity"), field}), 1);
  EXPECT_EQ(CountAnew(owner_).wrong, 1);
  EXPECT_EQ(Sums(), Sorted({Sum(kAgent, 10'000, 1), Sum(kOther, 10'000, 1)}));
  EXPECT_EQ(CountAnew(owner_).wrong, 0);
}

TEST_F(CapacityTest, Recount_OfAnotherOwnersLease_IsRefused) {
  Redis({"SET", keys_.Lease(), "worker-2/bbbb"});
  EXPECT_FALSE(Run(RecountCapacity(owner_, kNowMs)).ok());
}

TEST_F(CapacityTest, Contact_ToBeCreated_IsMadeOnlyWhereThereIsNone) {
  ContactReset lead{ContactId::OfEmail(kBert), 0, {}, ContactReset::For::kCreate};
  lead.desired.set_email(kBert);
  Application application;
  application.contacts = {lead};
  application.outbox = {TimelineEvent("a", kBert, kNowMs)};
  Must(owner_.Apply(application));
  EXPECT_EQ(Must(owner_.Desired(lead.contact))->email(), kBert);
  EXPECT_FALSE(Redis({"ZSCORE", keys_.Dirty(), lead.contact.Bytes()}).IsNil());
  Apply({Ticket(1, kBert, 1000)});
  Must(owner_.Apply(application));
  EXPECT_EQ(KeyOf(*Must(owner_.Desired(lead.contact))), "\"SUP-1\"") << "a customer's state stays";
}

TEST_F(CapacityTest, Contact_ToBeCreated_ThatWasErased_IsNot) {
  Must(Erase(*redis_, "c_1", owner_.Erased(), {{ContactId::OfEmail(kBert), "", 0}}, kNowMs));
  ContactReset lead{ContactId::OfEmail(kBert), 0, {}, ContactReset::For::kCreate};
  lead.desired.set_email(kBert);
  Application application;
  application.contacts = {lead};
  application.outbox = {TimelineEvent("a", kBert, kNowMs)};
  EXPECT_EQ(Must(owner_.Apply(application)).events_erased, 1);
  EXPECT_FALSE(Must(owner_.Desired(lead.contact)));
}

// Random changes with recounts begun, going on and ended between them, against sums made of the records alone.
class CapacityModelTest : public CapacityTest, public ::testing::WithParamInterface<uint64_t> {
 protected:
  base::SeededRandom dice_{GetParam()};

  int64_t Below(int64_t bound) { return static_cast<int64_t>(dice_.Next() % static_cast<uint64_t>(bound)); }

  // Ids so that some share a bucket and there are more buckets than a step of the recount takes.
  IssueWrite RandomWrite() {
    const int64_t id = 1 + Below(3) + 100 * Below(60);
    if (Below(10) == 0) return Deletion(id, 1 + Below(60));
    const std::string accounts[] = {"", kAgent, kOther, "712020:cccc"};
    IssueWrite write = Work(id, accounts[Below(4)], 1 + Below(60), 10'000 + Below(3) * 70'000);
    write.record.admitted = Below(6) != 0;
    write.record.status_category = static_cast<int>(Below(4));
    write.record.original_estimate_min = Below(4) * 1'000'000;
    write.record.story_points_x10 = static_cast<int32_t>(Below(300));
    write.record.list_id = static_cast<uint32_t>(Below(3));
    write.record.verified_until_ms = Below(60);
    return write;
  }

  std::vector<Workload> Naive() {
    std::map<std::pair<uint64_t, int64_t>, Workload> sums;
    std::string cursor = "0";
    std::set<int64_t> seen;
    do {
      const OwnerStore::IssuePage page = Must(owner_.ScanIssues(cursor));
      cursor = page.cursor;
      for (const auto& [id, record] : page.issues) {
        if (!seen.insert(id).second || !IsOpenWork(record)) continue;
        Workload& sum = sums[{record.assignee_hash, record.project_id}];
        sum.assignee_hash = record.assignee_hash;
        sum.project_id = record.project_id;
        ++sum.open_issues;
        sum.original_estimate_min += record.original_estimate_min;
        sum.remaining_estimate_min += record.remaining_estimate_min;
        sum.time_spent_min += record.time_spent_min;
        sum.story_points_x10 += record.story_points_x10;
      }
    } while (cursor != "0");
    std::vector<Workload> workloads;
    for (const auto& [place, sum] : sums) workloads.push_back(sum);
    return Sorted(std::move(workloads));
  }
};

TEST_P(CapacityModelTest, RandomChangesAndRecounts_AgreeWithTheRecords) {
  CountAnew(owner_);
  Application before;
  for (int round = 0; round < 80; ++round) {
    SCOPED_TRACE(round);
    Application application;
    const int64_t size = 1 + Below(12);
    for (int64_t i = 0; i < size; ++i) application.issues.push_back(RandomWrite());
    Must(owner_.Apply(application));
    if (Below(4) == 0) Must(owner_.Apply(before.issues.empty() ? application : before));
    before = std::move(application);
    if (Below(12) == 0) {
      Must(Erase(*redis_, "c_1", owner_.Erased(), {{ContactId::OfEmail(kAnna), "", 0}}, kNowMs));
    }
    if (Below(3) == 0) {
      const Recount recount = Must(RecountCapacity(owner_, base::ToMillis(clock_.Now())));
      EXPECT_EQ(recount.wrong, 0);
    }
    if (Below(8) == 0) {
      EXPECT_EQ(Sums(), Naive());
    }
    if (HasFailure()) return;
  }
  EXPECT_EQ(Sums(), Naive());
  EXPECT_EQ(CountAnew(owner_).wrong, 0);
  EXPECT_EQ(Sums(), Naive());
}

INSTANTIATE_TEST_SUITE_P(Seeds, CapacityModelTest, ::testing::Range<uint64_t>(1, 31));

}  // namespace
}  // namespace tajo::store
