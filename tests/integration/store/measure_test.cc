// Prints what things cost; asserts only that they work.
#include <chrono>
#include <cstdlib>
#include <iostream>

#include "common/store/event_intake.h"
#include "tests/integration/store/store_fixture.h"

namespace tajo::store {
namespace {

using Seconds = std::chrono::duration<double>;

class MeasureTest : public StoreTest {
 protected:
  // Microseconds of Redis' time in scripts, and calls, since the last reset.
  std::pair<double, double> ScriptCost() {
    double usec = 0, calls = 0;
    const std::string stats = Redis({"INFO", "commandstats"}).String();
    for (const char* command : {"cmdstat_evalsha:", "cmdstat_eval:"}) {
      const std::size_t at = stats.find(command);
      if (at == std::string::npos) continue;
      calls += std::stod(stats.substr(stats.find("calls=", at) + 6));
      usec += std::stod(stats.substr(stats.find("usec=", at) + 5));
    }
    return {usec, calls};
  }
  int64_t UsedMemory() {
    const std::string memory = Redis({"INFO", "memory"}).String();
    return std::stoll(memory.substr(memory.find("used_memory:") + 12));
  }
  static IssueWrite Realistic(int64_t id, int64_t version_ms) {
    IssueWrite write = Ticket(10'000 + id, "person" + std::to_string(id / 5) + "@example.com", version_ms, 22);
    write.record.project_id = 10'000;
    write.assignee_account_id = "712020:" + std::to_string(id % 40);
    write.record.assignee_hash = AssigneeHash(write.assignee_account_id);
    write.project_key = "SUPPORT";
    write.record.original_estimate_min = 480;
    auto& attributes = *write.desired.mutable_attributes();
    attributes["LAST_TICKET_PRIORITY"] = "\"Medium\"";
    attributes["LAST_TICKET_DATE"] = "\"2026-03-26\"";
    attributes["LAST_TICKET_RESOLUTION"] = "\"\"";
    const std::string account = "5b10ac8d82e05b22cc" + std::to_string(100'000 + id / 5);
    write.desired.set_account_id(account);
    attributes["JIRA_ACCOUNT_ID"] = "\"" + account + "\"";
    attributes["FIRSTNAME"] = "\"Somebody Somewhere\"";
    return write;
  }
  // `spent` minutes: another number than before changes what the ticket adds to the open work.
  void ApplyAll(OwnerStore& owner, int64_t issues, int64_t version_ms, const char* what, int64_t spent = 240) {
    Redis({"CONFIG", "RESETSTAT"});
    const auto begin = std::chrono::steady_clock::now();
    for (int64_t first = 0; first < issues; first += 100) {
      Application page;
      page.lane = Lane::kBackfill;
      for (int64_t id = first; id < first + 100; ++id) {
        page.issues.push_back(Realistic(id, version_ms + id));
        page.issues.back().record.time_spent_min = spent;
      }
      Must(owner.Apply(std::move(page)));
    }
    const double seconds = Seconds(std::chrono::steady_clock::now() - begin).count();
    const auto [usec, calls] = ScriptCost();
    std::cout << what << ": " << static_cast<int64_t>(static_cast<double>(issues) / seconds)
              << " issues/s one page at a time, " << usec / calls << " us of Redis a page of 100\n";
  }
};

TEST_F(MeasureTest, Apply_TenThousandIssues_Printed) {
  OwnerStore owner = Owner();
  ApplyAll(owner, 10'000, 1'780'000'000'000, "first time");
  ApplyAll(owner, 10'000, 1'781'000'000'000, "all changed");
  ApplyAll(owner, 10'000, 1'781'000'000'000, "nothing changed");
  ApplyAll(owner, 10'000, 1'782'000'000'000, "all worked on", 300);
  EXPECT_EQ(Number({"HGET", keys_.Counters(), "issues"}), 10'000);
}

// What the issue's figure means: all of Redis that the tickets take, once their contacts are written. With
// TAJO_MEASURE_TICKETS=1000000 at the size that it is promised for.
TEST_F(MeasureTest, Memory_ATrackedTicket_TakesLessThan200Bytes) {
  const char* wanted = std::getenv("TAJO_MEASURE_TICKETS");
  const int64_t tickets = wanted == nullptr ? 100'000 : std::atoll(wanted);
  const Keys keys("c_0123456789abcdef0123");  // as long as they are
  Redis({"SET", keys.Lease(), "worker-1/aaaa"});
  OwnerStore owner(*redis_, clock_, "c_0123456789abcdef0123", LeaseToken{"worker-1/aaaa"});
  const int64_t before = UsedMemory();
  ApplyAll(owner, tickets, 1'780'000'000'000, "tickets");
  const int64_t dirty = UsedMemory();
  for (auto contacts = Must(owner.TakeDirty(1000, Lane::kBackfill)); !contacts.empty();
       contacts = Must(owner.TakeDirty(1000, Lane::kBackfill))) {
    std::vector<OwnerStore::Settled> settled;
    for (const auto& contact : contacts) settled.push_back({contact.contact, contact.version, std::string(16, 'h')});
    Must(owner.Settle(std::move(settled)));
  }
  std::map<std::string, int64_t> bytes;
  std::string cursor = "0";
  do {
    const redis::Reply page = Redis({"SCAN", cursor, "COUNT", "5000"});
    cursor = page.Elements()[0].String();
    for (const redis::Reply& key : page.Elements()[1].Elements()) {
      const std::string name = key.String().substr(keys.Prefix().size());
      bytes[name.substr(0, name.find(':'))] += Number({"MEMORY", "USAGE", key.String(), "SAMPLES", "0"});
    }
  } while (cursor != "0");
  const auto each = [tickets](int64_t sum) { return static_cast<double>(sum) / static_cast<double>(tickets); };
  for (const auto& [name, sum] : bytes) std::cout << name << ": " << each(sum) << " bytes a ticket\n";
  const double used = each(UsedMemory() - before);
  std::cout << "together: " << used << " bytes a ticket, 5 tickets a contact; " << each(dirty - before)
            << " while all contacts await their write\n";
  EXPECT_LT(used, 200);
}

TEST_F(MeasureTest, Intake_TwentyThousandWebhooks_Printed) {
  Redis({"HSET", keys_.Connection(), "generation", "1"});
  EventIntake intake(*redis_, clock_, 0);
  jira::v1::Event event;
  event.mutable_issue()->mutable_issue()->set_summary(std::string(700, 's'));
  Redis({"CONFIG", "RESETSTAT"});
  const int count = 20'000;
  int open = 0, stored = 0;
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < count; ++i) {
    std::vector<jira::v1::Event> events = {event};
    ++open;
    boost::asio::co_spawn(context_, intake.Store("c_1", "delivery-" + std::to_string(i), std::move(events), 0),
                          [&](std::exception_ptr, absl::StatusOr<IntakeResult> result) {
                            --open;
                            stored += result.ok() && result->outcome == Intake::kStored ? 1 : 0;
                          });
  }
  context_.restart();
  while (open > 0) context_.run_one();
  const double seconds = Seconds(std::chrono::steady_clock::now() - begin).count();
  const auto [usec, calls] = ScriptCost();
  std::cout << static_cast<int64_t>(count / seconds) << " webhooks/s, " << usec / count << " us of Redis each, "
            << count / calls << " of them a call\n";
  EXPECT_EQ(stored, count);
}

}  // namespace
}  // namespace tajo::store
