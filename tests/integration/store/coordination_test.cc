#include <fmt/format.h>

#include "common/store/connections.h"
#include "common/store/event_intake.h"
#include "common/store/jobs.h"
#include "common/store/leases.h"
#include "common/store/reseal.h"
#include "tajo/jira/v1/error.pb.h"
#include "tests/integration/store/store_fixture.h"

namespace tajo::store {
namespace {

using std::chrono::milliseconds;

class LeasesTest : public StoreTest {
 protected:
  Leases first_{*redis_, random_, "worker-1", milliseconds(20'000)};
  Leases second_{*redis_, random_, "worker-2", milliseconds(20'000)};
};

TEST_F(LeasesTest, Acquire_WhileAnotherHasIt_GivesNone) {
  const auto token = Must(first_.Acquire("c_1"));
  ASSERT_TRUE(token);
  EXPECT_TRUE(token->value.starts_with("worker-1/"));
  EXPECT_FALSE(Must(second_.Acquire("c_1")));
  EXPECT_TRUE(Must(second_.Acquire("c_2")));
}

TEST_F(LeasesTest, Renew_Ours_ExtendsAndTellsTheBacklog) {
  const auto token = Must(first_.Acquire("c_1"));
  Redis({"PEXPIRE", keys_.Lease(), "5000"});
  Redis({"XADD", keys_.Events(), "1790000000123-0", "e", ""});
  Redis({"XADD", keys_.Outbox(), "*", "e", ""});
  Redis({"HSET", keys_.Connection(), "generation", "7"});
  OwnerStore owner(*redis_, clock_, "c_1", *token);
  Application page = Of({Ticket(1, "anna@example.com", 1000)});
  page.lane = Lane::kBackfill;
  Must(owner.Apply(page));
  Must(owner.Apply(Of({Ticket(2, "bert@example.org", 1000), Ticket(3, "bert@example.org", 900)})));
  Must(owner.Apply(Of({Deletion(2, 3000)})));
  const OwnerBacklog backlog = Must(first_.Renew("c_1", *token));
  EXPECT_GT(Number({"PTTL", keys_.Lease()}), 10'000);
  EXPECT_EQ(backlog.events, 1);
  EXPECT_EQ(backlog.oldest_event_ms, 1'790'000'000'123);
  EXPECT_EQ(backlog.outbox, 1);
  EXPECT_EQ(backlog.dirty_live, 1);
  EXPECT_EQ(backlog.dirty_backfill, 1);
  EXPECT_EQ(backlog.stale, 1);
  EXPECT_EQ(backlog.generation, 7);
  EXPECT_EQ(backlog.people, 0);
  Redis({"XADD", keys_.People(), "*", "e", ""});
  EXPECT_EQ(Must(first_.Renew("c_1", *token)).people, 1);
}

TEST_F(LeasesTest, RenewAndRelease_AnothersLease_AreRefused) {
  const auto token = Must(first_.Acquire("c_1"));
  Redis({"DEL", keys_.Lease()});
  ASSERT_TRUE(Must(second_.Acquire("c_1")));
  EXPECT_EQ(base::ReasonOf(Run(first_.Renew("c_1", *token)).status()), jira::v1::LEASE_LOST);
  EXPECT_EQ(base::ReasonOf(Run(first_.Release("c_1", *token))), jira::v1::LEASE_LOST);
  EXPECT_EQ(Number({"EXISTS", keys_.Lease()}), 1);
}

TEST_F(LeasesTest, Release_WithWorkInHand_CountsNoCrash) {
  const auto token = Must(first_.Acquire("c_1"));
  Redis({"XADD", keys_.Events(), "*", "e", ""});
  OwnerStore owner(*redis_, clock_, "c_1", *token);
  Must(owner.Take(1));
  Must(first_.Release("c_1", *token));
  const auto next = Must(second_.Acquire("c_1"));
  ASSERT_TRUE(next);
  OwnerStore successor(*redis_, clock_, "c_1", *next);
  EXPECT_EQ(Must(successor.Take(1))[0].crashes, 0);
}

TEST_F(LeasesTest, Heartbeat_OfLiveWorkers_AreCounted) {
  EXPECT_EQ(Must(first_.Heartbeat()), 1);
  EXPECT_EQ(Must(second_.Heartbeat()), 2);
  Redis({"ZADD", std::string(kWorkersKey), "1000", "worker-dead"});
  EXPECT_EQ(Must(first_.Heartbeat()), 2);
  Must(second_.Leave());
  EXPECT_EQ(Must(first_.Heartbeat()), 1);
}

// A worker with --connections, and those that exclude them, share different connections.
TEST_F(LeasesTest, Heartbeat_CountsTheWorkersOfItsPoolOnly) {
  Leases pinned(*redis_, random_, "worker-3", std::chrono::seconds(9), "pool");
  EXPECT_EQ(Must(first_.Heartbeat()), 1);
  EXPECT_EQ(Must(pinned.Heartbeat()), 1);
  EXPECT_EQ(Must(second_.Heartbeat()), 2);
  Must(pinned.Leave());
  EXPECT_EQ(Must(second_.Heartbeat()), 2);
}

class IntakeTest : public StoreTest {
 protected:
  IntakeTest() { Redis({"HSET", keys_.Connection(), "generation", "1"}); }
  EventIntake intake_{*redis_, clock_, 0};
  std::vector<jira::v1::Event> events_ = std::vector<jira::v1::Event>(1);
};

TEST_F(IntakeTest, Webhook_New_IsStoredAndNamesTheOwner) {
  Redis({"SET", keys_.Lease(), "worker-7/abcd"});
  events_.emplace_back().set_webhook_event("comment_created");
  const IntakeResult result = Must(intake_.Store("c_1", "delivery-1", events_, 0));
  EXPECT_EQ(result.outcome, Intake::kStored);
  EXPECT_EQ(result.owner_worker, "worker-7");
  EXPECT_EQ(Number({"XLEN", keys_.Events()}), 2);
  EXPECT_EQ(Number({"HGET", keys_.Counters(), "last_webhook_ms"}), kNowMs);
}

TEST_F(IntakeTest, Webhook_SeenWithinADay_IsADuplicate) {
  Must(intake_.Store("c_1", "delivery-1", events_, 0));
  EXPECT_EQ(Must(intake_.Store("c_1", "delivery-1", events_, 0)).outcome, Intake::kDuplicate);
  clock_.Advance(std::chrono::hours(24));
  EXPECT_EQ(Must(intake_.Store("c_1", "delivery-1", events_, 0)).outcome, Intake::kDuplicate);
  EXPECT_EQ(Must(intake_.Store("c_1", "delivery-2", events_, 0)).outcome, Intake::kStored);
  clock_.Advance(std::chrono::hours(24));
  EXPECT_EQ(Must(intake_.Store("c_1", "delivery-1", events_, 0)).outcome, Intake::kStored);
}

TEST_F(IntakeTest, Webhook_AboveHighWater_IsRefusedAndNotRemembered) {
  for (const char* id : {"1", "2", "3"}) Must(intake_.Store("c_1", id, events_, 3));
  EXPECT_EQ(Must(intake_.Store("c_1", "4", events_, 3)).outcome, Intake::kFull);
  EXPECT_EQ(Must(intake_.Store("c_1", "1", events_, 3)).outcome, Intake::kDuplicate);
  Redis({"DEL", keys_.Events()});
  EXPECT_EQ(Must(intake_.Store("c_1", "4", events_, 3)).outcome, Intake::kStored);
}

TEST_F(IntakeTest, Webhooks_ThatComeTogether_AreStoredByOneCallEachForItself) {
  Must(intake_.Store("c_1", "before", events_, 0));
  Redis({"CONFIG", "RESETSTAT"});
  const std::vector<std::string> deliveries = {"1", "2", "before", "2", "3", "4"};
  std::vector<std::optional<absl::StatusOr<IntakeResult>>> results(deliveries.size() + 1);
  std::size_t done = 0;
  const auto store = [&](std::string connection, std::string delivery, std::size_t place) {
    boost::asio::co_spawn(context_, intake_.Store(std::move(connection), std::move(delivery), events_, 4),
                          [&, place](const std::exception_ptr&, absl::StatusOr<IntakeResult> result) {
                            results[place] = std::move(result);
                            ++done;
                          });
  };
  for (std::size_t i = 0; i < deliveries.size(); ++i) store("c_1", deliveries[i], i);
  store("c_gone", "1", deliveries.size());
  context_.restart();
  while (done < results.size()) context_.run_one();

  const std::vector<Intake> outcomes = {Intake::kStored,    Intake::kStored, Intake::kDuplicate,
                                        Intake::kDuplicate, Intake::kStored, Intake::kFull};
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    ASSERT_TRUE(results[i]->ok()) << deliveries[i];
    EXPECT_EQ((*results[i])->outcome, outcomes[i]) << deliveries[i];
  }
  EXPECT_EQ(base::ReasonOf(results.back()->status()), jira::v1::CONNECTION_NOT_FOUND);
  EXPECT_EQ(Number({"XLEN", keys_.Events()}), 4);
  const std::string calls = Redis({"INFO", "commandstats"}).String();
  EXPECT_NE(calls.find("cmdstat_evalsha:calls=2,"), std::string::npos) << calls;
}

TEST_F(IntakeTest, Webhook_OfADeletedConnection_LeavesNothing) {
  EXPECT_EQ(base::ReasonOf(Run(intake_.Store("c_gone", "1", events_, 0)).status()), jira::v1::CONNECTION_NOT_FOUND);
  EXPECT_EQ(Number({"DBSIZE"}), 1);
}

TEST_F(IntakeTest, TakenWindow_Expires) {
  Must(intake_.Store("c_1", "delivery-1", events_, 0));
  const redis::Reply keys = Redis({"KEYS", keys_.Of("taken:*")});
  ASSERT_EQ(keys.Elements().size(), 1u);
  const int64_t ttl = Number({"TTL", keys.Elements()[0].String()});
  EXPECT_GT(ttl, 48 * 3600);
  EXPECT_LE(ttl, 49 * 3600);
}

// A sorted array: 8 bytes a webhook, found by bisection.
TEST_F(IntakeTest, TakenWindow_IsASetOfNumbers) {
  Must(intake_.Store("c_1", "delivery-1", events_, 0));
  const redis::Reply keys = Redis({"KEYS", keys_.Of("taken:*")});
  ASSERT_EQ(keys.Elements().size(), 1u);
  EXPECT_EQ(Redis({"OBJECT", "ENCODING", keys.Elements()[0].String()}).String(), "intset");
}

// By how many the window before had; what that one took is still known.
TEST_F(IntakeTest, TakenWindow_OfABusyConnection_IsSpreadOverSetsThatStaySmall) {
  constexpr int kBefore = 600;
  constexpr auto kWindow = std::chrono::hours(24);
  for (int i = 0; i < kBefore; ++i) Must(intake_.Store("c_1", fmt::format("first-{}", i), events_, 0));
  clock_.Advance(kWindow);
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(Must(intake_.Store("c_1", fmt::format("second-{}", i), events_, 0)).outcome, Intake::kStored) << i;
  }
  for (int i = 0; i < kBefore; ++i) {
    ASSERT_EQ(Must(intake_.Store("c_1", fmt::format("first-{}", i), events_, 0)).outcome, Intake::kDuplicate) << i;
  }
  EXPECT_EQ(Must(intake_.Store("c_1", "second-0", events_, 0)).outcome, Intake::kDuplicate);
  const redis::Reply keys = Redis({"KEYS", keys_.Of("taken:*")});
  EXPECT_EQ(keys.Elements().size(), 1u + 4u);
  for (const redis::Reply& key : keys.Elements()) EXPECT_GT(Number({"TTL", key.String()}), 48 * 3600) << key.String();
  clock_.Advance(kWindow);
  EXPECT_EQ(Must(intake_.Store("c_1", "second-0", events_, 0)).outcome, Intake::kDuplicate);
  EXPECT_EQ(Must(intake_.Store("c_1", "first-0", events_, 0)).outcome, Intake::kStored) << "two windows on";
}

TEST_F(IntakeTest, TakenWindow_BegunByAClockThatIsAhead_HoldsForTheOthersToo) {
  testing::FakeClock ahead;
  ahead.Advance(clock_.Now() - ahead.Now() + std::chrono::hours(24));
  EventIntake other(*redis_, ahead, 0);
  Must(intake_.Store("c_1", "1", events_, 0));
  Must(other.Store("c_1", "2", events_, 0));
  Must(intake_.Store("c_1", "3", events_, 0));
  for (const char* id : {"1", "2", "3"}) {
    EXPECT_EQ(Must(intake_.Store("c_1", id, events_, 0)).outcome, Intake::kDuplicate) << id;
    EXPECT_EQ(Must(other.Store("c_1", id, events_, 0)).outcome, Intake::kDuplicate) << id;
  }
}

TEST_F(IntakeTest, AckReplicas_WithoutReplicas_IsUnavailableAndTheRepetitionToo) {
  EventIntake strict(*redis_, clock_, 1);
  EXPECT_EQ(base::ReasonOf(Run(strict.Store("c_1", "1", events_, 0)).status()), jira::v1::REDIS_UNAVAILABLE);
  EXPECT_EQ(base::ReasonOf(Run(strict.Store("c_1", "1", events_, 0)).status()), jira::v1::REDIS_UNAVAILABLE);
  EXPECT_EQ(Number({"XLEN", keys_.Events()}), 1);
}

class JobsTest : public StoreTest {
 protected:
  Jobs jobs_{*redis_, clock_, random_};
  LeaseToken lease_{"worker-1/aaaa"};

  JobsTest() { Redis({"SET", keys_.Lease(), lease_.value}); }
  absl::Status Move(const std::string& id, JobState state) {
    return Run(jobs_.Move("c_1", lease_, id, state, jira::v1::ERROR_REASON_UNSPECIFIED, ""));
  }
};

TEST_F(JobsTest, Job_WholeLife_IsKept) {
  Job wanted;
  wanted.resources = {"issues", "users"};
  wanted.batch_size = 50;
  const Job started = Must(jobs_.Start("c_1", wanted));
  EXPECT_TRUE(started.id.starts_with("s_"));
  ASSERT_EQ(Must(jobs_.Next("c_1"))->id, started.id);
  ASSERT_TRUE(Move(started.id, JobState::kRunning).ok());
  clock_.Advance(std::chrono::seconds(3));
  ASSERT_TRUE(Move(started.id, JobState::kRunning).ok());
  Must(jobs_.Progress("c_1", lease_, started.id, {{kJobIssuesRead, "100"}, {kJobWaitingFor, "Jira's points"}}));
  Job job = Must(jobs_.Get("c_1", started.id));
  EXPECT_EQ(job.state, JobState::kRunning);
  EXPECT_EQ(job.started_ms, kNowMs);
  EXPECT_EQ(job.issues_read, 100);
  EXPECT_EQ(job.waiting_for, "Jira's points");
  EXPECT_EQ(job.resources, (std::vector<std::string>{"issues", "users"}));
  EXPECT_EQ(job.batch_size, 50);
  ASSERT_TRUE(Run(jobs_.Move("c_1", lease_, started.id, JobState::kFailed, jira::v1::JIRA_JQL_INVALID, "bad")).ok());
  job = Must(jobs_.Get("c_1", started.id));
  EXPECT_EQ(job.state, JobState::kFailed);
  EXPECT_EQ(job.error_reason, jira::v1::JIRA_JQL_INVALID);
  EXPECT_EQ(job.ended_ms, kNowMs + 3000);
  EXPECT_FALSE(Must(jobs_.Next("c_1")));
  EXPECT_GT(Number({"TTL", keys_.Job(started.id)}), 6 * 86'400);
}

TEST_F(JobsTest, Start_WhileOneOfTheTypeRuns_NamesIt) {
  const Job first = Must(jobs_.Start("c_1", {}));
  const absl::Status refused = Run(jobs_.Start("c_1", {})).status();
  EXPECT_EQ(base::ReasonOf(refused), jira::v1::SYNC_ALREADY_RUNNING);
  EXPECT_NE(refused.ToString().find(first.id), std::string::npos);
  Job incremental;
  incremental.full = false;
  EXPECT_TRUE(Run(jobs_.Start("c_1", incremental)).ok());
  Job ad_hoc;
  ad_hoc.jql = "priority = High";
  EXPECT_TRUE(Run(jobs_.Start("c_1", ad_hoc)).ok());
  EXPECT_TRUE(Run(jobs_.Start("c_1", ad_hoc)).ok());
}

TEST_F(JobsTest, Start_Window_KeepsItAndStandsBesideAnIncrementalOne) {
  Job incremental;
  incremental.full = false;
  ASSERT_TRUE(Run(jobs_.Start("c_1", incremental)).ok());
  Job window = incremental;
  window.from_ms = kNowMs - 7'200'000;
  window.until_ms = kNowMs - 3'600'000;
  const Job started = Must(jobs_.Start("c_1", window));
  EXPECT_EQ(base::ReasonOf(Run(jobs_.Start("c_1", window)).status()), jira::v1::SYNC_ALREADY_RUNNING);
  const Job kept = Must(jobs_.Get("c_1", started.id));
  EXPECT_FALSE(kept.full);
  EXPECT_EQ(kept.from_ms, window.from_ms);
  EXPECT_EQ(kept.until_ms, window.until_ms);
}

TEST_F(JobsTest, Next_BesideAFullSync_IsWhatReadsChanges) {
  const Job full = Must(jobs_.Start("c_1", {}));
  ASSERT_TRUE(Move(full.id, JobState::kRunning).ok());
  clock_.Advance(std::chrono::milliseconds(1));
  Job incremental;
  incremental.full = false;
  const Job changes = Must(jobs_.Start("c_1", incremental));
  EXPECT_EQ(Must(jobs_.Next("c_1"))->id, changes.id);
  ASSERT_TRUE(Move(changes.id, JobState::kSucceeded).ok());
  EXPECT_EQ(Must(jobs_.Next("c_1"))->id, full.id);
}

TEST_F(JobsTest, Next_SeveralQueued_IsTheOldest) {
  const Job first = Must(jobs_.Start("c_1", {}));
  clock_.Advance(std::chrono::milliseconds(1));
  Job ad_hoc;
  ad_hoc.jql = "priority = High";
  const Job second = Must(jobs_.Start("c_1", ad_hoc));
  EXPECT_EQ(Must(jobs_.Next("c_1"))->id, first.id);
  ASSERT_TRUE(Move(first.id, JobState::kSucceeded).ok());
  EXPECT_EQ(Must(jobs_.Next("c_1"))->id, second.id);
}

TEST_F(JobsTest, Cancel_Queued_EndsAtOnce) {
  const Job job = Must(jobs_.Start("c_1", {}));
  EXPECT_EQ(Must(jobs_.Cancel("c_1", job.id)).state, JobState::kCancelled);
  EXPECT_FALSE(Must(jobs_.Next("c_1")));
  EXPECT_EQ(base::ReasonOf(Move(job.id, JobState::kRunning)), jira::v1::SYNC_CANCELLED);
  EXPECT_TRUE(Run(jobs_.Start("c_1", {})).ok());
}

TEST_F(JobsTest, Cancel_Running_IsAskedFor) {
  const Job job = Must(jobs_.Start("c_1", {}));
  ASSERT_TRUE(Move(job.id, JobState::kRunning).ok());
  const Job asked = Must(jobs_.Cancel("c_1", job.id));
  EXPECT_EQ(asked.state, JobState::kRunning);
  EXPECT_TRUE(asked.cancel_requested);
  EXPECT_EQ(base::ReasonOf(Run(jobs_.Progress("c_1", lease_, job.id, {{kJobIssuesRead, "1"}}))),
            jira::v1::SYNC_CANCELLED);
  ASSERT_TRUE(Move(job.id, JobState::kCancelled).ok());
  EXPECT_EQ(Must(jobs_.Cancel("c_1", job.id)).state, JobState::kCancelled);
}

TEST_F(JobsTest, Progress_BeforeTheJobIsSaidToRun_IsNoCancellation) {
  const Job job = Must(jobs_.Start("c_1", {}));
  EXPECT_TRUE(Run(jobs_.Progress("c_1", lease_, job.id, {{kJobWaitingFor, "Jira's points"}})).ok());
  EXPECT_EQ(Must(jobs_.Get("c_1", job.id)).state, JobState::kQueued);
}

TEST_F(JobsTest, Job_Unknown_IsNotFound) {
  EXPECT_EQ(base::ReasonOf(Run(jobs_.Get("c_1", "s_x")).status()), jira::v1::SYNC_NOT_FOUND);
  EXPECT_EQ(base::ReasonOf(Run(jobs_.Cancel("c_1", "s_x")).status()), jira::v1::SYNC_NOT_FOUND);
  EXPECT_EQ(base::ReasonOf(Move("s_x", JobState::kRunning)), jira::v1::SYNC_NOT_FOUND);
}

TEST_F(JobsTest, Owner_WithoutTheLease_MovesNothing) {
  const Job job = Must(jobs_.Start("c_1", {}));
  Redis({"SET", keys_.Lease(), "worker-2/bbbb"});
  EXPECT_EQ(base::ReasonOf(Move(job.id, JobState::kRunning)), jira::v1::LEASE_LOST);
  EXPECT_EQ(base::ReasonOf(Run(jobs_.Progress("c_1", lease_, job.id, {}))), jira::v1::LEASE_LOST);
  EXPECT_EQ(Must(jobs_.Get("c_1", job.id)).state, JobState::kQueued);
}

class ConnectionsTest : public StoreTest {
 protected:
  crypto::Keyring keyring_ = *crypto::Keyring::Parse(crypto::GenerateKeyring("k1"), "test");
  Connections connections_{*redis_, clock_, random_, keyring_};

  static ConnectionRecord Record(const std::string& tenant = "t1", const std::string& attribute = "LAST_TICKET_KEY") {
    ConnectionRecord record;
    record.tenant_id = tenant;
    record.site_host = "your-domain.atlassian.net";
    record.brevo_account_key = "acc1";
    record.state = jira::v1::ACTIVE;
    record.time_zone = "Europe/Berlin";
    record.webhook_ids = {1000, 1001};
    auto* mapping = record.config.add_field_mapping();
    mapping->set_source("issue_key");
    mapping->set_attribute(attribute);
    auto* email = record.config.add_field_mapping();
    email->set_source("emailAddress");
    email->set_attribute("email");
    return record;
  }
  static jira::v1::Credentials Secrets() {
    jira::v1::Credentials credentials;
    credentials.set_brevo_api_key("xkeysib-0123");
    return credentials;
  }
  base::Reason Refusal(ConnectionRecord record) {
    return base::ReasonOf(Run(connections_.Create(std::move(record), Secrets())).status());
  }
};

TEST_F(ConnectionsTest, Create_Read_IsTheSame) {
  const ConnectionRecord made = Must(connections_.Create(Record(), Secrets()));
  EXPECT_EQ(made.connection_id.size(), 22u);
  EXPECT_EQ(made.generation, 1);
  const ConnectionRecord read = Must(connections_.Get(made.connection_id));
  EXPECT_EQ(read.tenant_id, "t1");
  EXPECT_EQ(read.site_host, "your-domain.atlassian.net");
  EXPECT_EQ(read.state, jira::v1::ACTIVE);
  EXPECT_EQ(read.created_ms, kNowMs);
  EXPECT_EQ(read.webhook_ids, (std::vector<int64_t>{1000, 1001}));
  EXPECT_EQ(read.config.SerializeAsString(), made.config.SerializeAsString());
  EXPECT_EQ(Must(connections_.OfTenant("t1")), std::vector<std::string>{made.connection_id});
  EXPECT_EQ(Must(connections_.OfSite("your-domain.atlassian.net")), std::vector<std::string>{made.connection_id});
  EXPECT_TRUE(Must(connections_.OfTenant("t2")).empty());
}

TEST_F(ConnectionsTest, Credentials_Stored_AreSealedForThatConnection) {
  const ConnectionRecord made = Must(connections_.Create(Record(), Secrets()));
  EXPECT_EQ(Must(connections_.GetCredentials(made.connection_id)).brevo_api_key(), "xkeysib-0123");
  const std::string sealed = Redis({"HGET", Keys(made.connection_id).Connection(), "credentials"}).String();
  EXPECT_EQ(sealed.find("xkeysib"), std::string::npos);
  Redis({"HSET", Keys("c_other").Connection(), "credentials", sealed});
  EXPECT_EQ(base::ReasonOf(Run(connections_.GetCredentials("c_other")).status()), jira::v1::CREDENTIALS_UNREADABLE);
  EXPECT_EQ(base::ReasonOf(Run(connections_.GetCredentials("c_none")).status()), jira::v1::CONNECTION_NOT_FOUND);
}

TEST_F(ConnectionsTest, Credentials_AfterARotation_AreSealedWithTheActiveKey) {
  const std::string old_line = crypto::GenerateKeyring("old");
  const std::string rotated = crypto::GenerateKeyring("new") + old_line;
  const crypto::Keyring before = *crypto::Keyring::Parse(old_line, "test");
  const crypto::Keyring both = *crypto::Keyring::Parse(rotated, "test");
  const std::string key = Keys("c_9").Connection();
  Redis({"HSET", key, "credentials", before.Seal("secret", key), "generation", "1"});
  EXPECT_TRUE(Must(Reseal(*redis_, both, key, "credentials")));
  EXPECT_FALSE(Must(Reseal(*redis_, both, key, "credentials")));
  const std::string sealed = Redis({"HGET", key, "credentials"}).String();
  EXPECT_FALSE(both.NeedsReseal(sealed));
  EXPECT_EQ(both.Open(sealed, key)->Reveal(), "secret");
  EXPECT_FALSE(before.Open(sealed, key).ok());
  Redis({"SET", "tajo:app", before.Seal("app", "tajo:app")});
  EXPECT_TRUE(Must(Reseal(*redis_, both, "tajo:app", "")));
  EXPECT_EQ(both.Open(Redis({"GET", "tajo:app"}).String(), "tajo:app")->Reveal(), "app");
}

TEST_F(ConnectionsTest, Create_SameTenantSiteAndAccount_Exists) {
  Must(connections_.Create(Record(), Secrets()));
  EXPECT_EQ(Refusal(Record("t1", "OTHER")), jira::v1::CONNECTION_EXISTS);
}

TEST_F(ConnectionsTest, Create_OverlappingAttributes_AreRefusedDisjointOnesNot) {
  Must(connections_.Create(Record(), Secrets()));
  EXPECT_EQ(Refusal(Record("t2", "last_ticket_key")), jira::v1::BREVO_ACCOUNT_IN_USE);
  EXPECT_EQ(Refusal(Record("t2", "TICKET_KEY")), jira::v1::ERROR_REASON_UNSPECIFIED) << "no part of a name counts";
  ConnectionRecord elsewhere = Record("t3");
  elsewhere.brevo_account_key = "acc2";
  EXPECT_EQ(Refusal(elsewhere), jira::v1::ERROR_REASON_UNSPECIFIED);
}

TEST_F(ConnectionsTest, Create_AfterACrashHalfWay_SweepsTheLeftover) {
  const ConnectionRecord lost = Must(connections_.Create(Record(), Secrets()));
  Redis({"DEL", Keys(lost.connection_id).Connection()});
  EXPECT_EQ(Refusal(Record()), jira::v1::CONNECTION_EXISTS) << "it may still be under way";
  clock_.Advance(std::chrono::seconds(61));
  EXPECT_EQ(Refusal(Record()), jira::v1::ERROR_REASON_UNSPECIFIED);
  EXPECT_EQ(Must(connections_.OfTenant("t1")).size(), 1u);
  EXPECT_EQ(Number({"SCARD", "tajo:{tenant:t1}:connections"}), 1);
}

TEST_F(ConnectionsTest, Update_AtItsGeneration_MovesTheIndexes) {
  ConnectionRecord record = Must(connections_.Create(Record(), Secrets()));
  ConnectionRecord stale = record;
  record.site_host = "another.atlassian.net";
  record.config.mutable_field_mapping(0)->set_attribute("TICKET");
  record = Must(connections_.Update(record));
  EXPECT_EQ(record.generation, 2);
  EXPECT_TRUE(Must(connections_.OfSite("your-domain.atlassian.net")).empty());
  EXPECT_EQ(Must(connections_.OfSite("another.atlassian.net")).size(), 1u);
  EXPECT_EQ(Refusal(Record("t2")), jira::v1::ERROR_REASON_UNSPECIFIED) << "the former name is free";
  EXPECT_EQ(Refusal(Record("t3", "TICKET")), jira::v1::BREVO_ACCOUNT_IN_USE);
  EXPECT_EQ(base::ReasonOf(Run(connections_.Update(stale)).status()), jira::v1::CONNECTION_CHANGED);
}

TEST_F(ConnectionsTest, Update_Refused_LeavesTheCredentialsToo) {
  ConnectionRecord record = Must(connections_.Create(Record(), Secrets()));
  Must(connections_.Create(Record("t2", "TICKET"), Secrets()));
  jira::v1::Credentials renewed = Secrets();
  renewed.set_brevo_api_key("xkeysib-9999");
  ConnectionRecord claimed = record;
  claimed.config.mutable_field_mapping(0)->set_attribute("TICKET");
  EXPECT_EQ(base::ReasonOf(Run(connections_.Update(claimed, renewed)).status()), jira::v1::BREVO_ACCOUNT_IN_USE);
  EXPECT_EQ(Must(connections_.GetCredentials(record.connection_id)).brevo_api_key(), "xkeysib-0123");
  EXPECT_EQ(Must(connections_.Update(record, renewed)).generation, 2);
  EXPECT_EQ(Must(connections_.GetCredentials(record.connection_id)).brevo_api_key(), "xkeysib-9999");
}

TEST_F(ConnectionsTest, SetState_WithAnOldGeneration_ChangesNothing) {
  const ConnectionRecord record = Must(connections_.Create(Record(), Secrets()));
  Must(connections_.SetState(record.connection_id, jira::v1::PAUSED, ""));
  const auto late = Run(connections_.SetState(record.connection_id, jira::v1::ACTIVE, "", record.generation));
  EXPECT_EQ(base::ReasonOf(late), jira::v1::CONNECTION_CHANGED);
  EXPECT_EQ(Must(connections_.Get(record.connection_id)).state, jira::v1::PAUSED);
  Must(connections_.SetState(record.connection_id, jira::v1::ACTIVE, "", record.generation + 1));
  EXPECT_EQ(Must(connections_.Get(record.connection_id)).state, jira::v1::ACTIVE);
}

TEST_F(ConnectionsTest, Generation_Grows_AtEachChangeOnly) {
  const std::string id = Must(connections_.Create(Record(), Secrets())).connection_id;
  Must(connections_.SetState(id, jira::v1::DEGRADED, "webhooks fell silent"));
  EXPECT_EQ(Must(connections_.Get(id)).generation, 2);
  EXPECT_EQ(Must(connections_.Get(id)).reason, "webhooks fell silent");
  Must(connections_.SetState(id, jira::v1::DEGRADED, "webhooks fell silent"));
  EXPECT_EQ(Must(connections_.Get(id)).generation, 2);
  Must(connections_.UpdateCredentials(id, Secrets()));
  EXPECT_EQ(Must(connections_.Get(id)).generation, 3);
  Must(connections_.SetWebhooks(id, {}, 42));
  EXPECT_EQ(Must(connections_.Get(id)).generation, 3);
  EXPECT_TRUE(Must(connections_.Get(id)).webhook_ids.empty());
  EXPECT_EQ(Must(connections_.Get(id)).webhook_expires_ms, 42);
  EXPECT_EQ(base::ReasonOf(Run(connections_.SetState("c_none", jira::v1::ACTIVE, ""))), jira::v1::CONNECTION_NOT_FOUND);
  EXPECT_EQ(Number({"EXISTS", Keys("c_none").Connection()}), 0);
}

TEST_F(ConnectionsTest, Delete_WholeConnection_LeavesOnlyTheFence) {
  const std::string id = Must(connections_.Create(Record(), Secrets())).connection_id;
  const std::string other = Must(connections_.Create(Record("t2", "OTHER"), Secrets())).connection_id;
  for (int i = 0; i < 3000; ++i) Redis({"SET", Keys(id).Of("contact:" + std::to_string(i)), "x"});
  Redis({"SET", Keys(id).Lease(), "worker-1/aaaa"});
  Must(connections_.Delete(id));
  Must(connections_.Delete(id));
  EXPECT_EQ(Redis({"KEYS", Keys(id).Prefix() + "*"}).Elements().size(), 1u);
  EXPECT_GT(Number({"PTTL", Keys(id).Lease()}), 0);
  EXPECT_TRUE(Must(connections_.OfTenant("t1")).empty());
  EXPECT_EQ(Must(connections_.OfSite("your-domain.atlassian.net")), std::vector<std::string>{other});
  EXPECT_EQ(Refusal(Record()), jira::v1::ERROR_REASON_UNSPECIFIED);
  EXPECT_EQ(base::ReasonOf(Run(connections_.Get(id)).status()), jira::v1::CONNECTION_NOT_FOUND);
}

TEST_F(ConnectionsTest, Many_SomeMissing_GivesTheOthers) {
  const std::string id = Must(connections_.Create(Record(), Secrets())).connection_id;
  EXPECT_EQ(Must(connections_.Many({"c_none", id})).size(), 1u);
}

}  // namespace
}  // namespace tajo::store
