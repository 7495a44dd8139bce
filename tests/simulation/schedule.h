#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tests/simulation/story.h"
#include "tests/simulation/system.h"

namespace tajo::simulation {

struct ScheduleOptions {
  uint64_t seed = 1;
  bool print = false;  // all that happens, to stderr
};

// One random history of the product and its surroundings: people change tickets, the weather is bad,
// workers die; then calm returns, and everything has to be right.
class Schedule {
 public:
  Schedule(ScheduleOptions options, RedisLink& link);

  // Empty, or what isn't right.
  std::string Run();

  uint64_t Digest() { return system_->Record().Digest(); }
  const std::string& Description() const { return description_; }

 private:
  void Act();
  void ChangeTicket();
  void ChangeTicketAt(jira_sim::IssueIndex issue);
  void CreateTicket();
  void Comment(const std::string& key);
  void StartSync();
  void CancelSync();
  void CrashWorker();
  void FreezeWorker();
  void DrainWorker();
  void Forget();
  base::Task<void> ForgetUntilDone(std::string email);
  base::Task<void> RunSync(bool full, bool* ended);
  void DeleteInBrevo();
  void Unsubscribe();
  void Watch(const std::string& host, const net::HttpRequest& request);
  void CalmDown();
  std::string Judge();

  jira_sim::UserIndex PickCustomer();
  std::string PickEmail();  // of a customer with a visible address
  bool Chance(double share) { return people_.Fraction() < share; }
  std::size_t Below(std::size_t most) { return static_cast<std::size_t>(people_.Next() % most); }
  int RunningWorkers();

  const ScheduleOptions options_;
  base::SeededRandom people_;  // what people do; the weather has dice of its own
  std::string description_;
  Story story_;
  std::vector<std::string> syncs_;
  bool needs_repair_ = false;  // a sync was cancelled: another one makes up for it
  int texts_ = 0;
  std::unique_ptr<System> system_;
};

}  // namespace tajo::simulation
