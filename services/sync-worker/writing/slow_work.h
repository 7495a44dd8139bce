#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "common/base/random.h"
#include "common/store/connections.h"
#include "services/sync-worker/signal.h"
#include "services/sync-worker/writing/audit.h"
#include "services/sync-worker/writing/parked_tickets.h"

namespace tajo::worker {

// The Brevo attribute that the connection fills with Jira's account id; empty: none.
std::string AccountAttribute(const jira::v1::ConnectionConfig& config);

// What has time: customers of parked tickets, and the audit, as loops of their own behind all live work.
// A part of ConnectionWork, which it may not outlive.
class SlowWork {
 public:
  struct Parts {
    base::Clock& clock;
    base::Random& random;
    telemetry::Logger& log;
    const store::ConnectionRecord& record;
    ParkedTickets::Parts parked;
    Audit::Parts audit;
    std::function<void()> events_came;     // into the connection's stream
    std::function<void()> contacts_dirty;  // in the backfill lane
  };
  explicit SlowWork(Parts parts);

  // What it does, until Stop: tasks to run side by side.
  void AddLoops(std::vector<base::Task<void>>& loops);
  void Stop();
  // Something was decided: a ticket may have been parked, or an e-mail have appeared.
  void Wake() { parked_due_.Notify(); }

 private:
  base::Task<void> ParkedLoop();
  base::Task<void> AuditLoop();
  bool Works() const;
  base::Duration Failed(std::string_view what, const absl::Status& status, int failures);

  Parts parts_;
  ParkedTickets parked_;
  Audit audit_;
  Signal parked_due_;
  Signal pace_;  // between looks; rung only to stop
  Signal audit_due_;
  bool stopping_ = false;
};

}  // namespace tajo::worker
