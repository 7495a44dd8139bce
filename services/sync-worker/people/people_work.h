#pragma once

#include <string_view>
#include <vector>

#include "common/store/connections.h"
#include "services/sync-worker/brevo_registration.h"
#include "services/sync-worker/people/account_reporter.h"
#include "services/sync-worker/people/eraser.h"
#include "services/sync-worker/signal.h"

namespace tajo::worker {

// What a connection owes people, as loops of its own: erasing them, hearing from Brevo of those who were
// deleted or unsubscribed there, and asking Atlassian which accounts were closed. A part of ConnectionWork,
// which it may not outlive.
class PeopleWork {
 public:
  struct Parts {
    base::Clock& clock;
    base::Random& random;
    telemetry::Logger& log;
    store::ConnectionRecord& record;
    const jira::v1::Credentials& credentials;
    Eraser::Parts eraser;
    BrevoRegistration::Parts registration;
    AccountReporter* reporter;        // may be null: only OAuth apps report
    std::string public_url;           // empty: nothing is registered
    std::function<void()> on_erased;  // memory is to be cleared of people
  };
  explicit PeopleWork(Parts parts);

  // What it does, until Stop: tasks to run side by side.
  void AddLoops(std::vector<base::Task<void>>& loops);
  void Stop();
  void Wake() { erase_.Notify(); }

 private:
  base::Task<void> EraseLoop();
  base::Task<void> RegisterLoop();
  base::Task<void> ReportLoop();
  void Failed(std::string_view what, const absl::Status& status);

  Parts parts_;
  Eraser eraser_;
  BrevoRegistration registration_;
  Signal erase_;
  Signal register_;
  Signal report_;
  bool stopping_ = false;
};

}  // namespace tajo::worker
