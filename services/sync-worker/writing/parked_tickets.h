#pragma once

#include <functional>
#include <string>
#include <vector>

#include "common/brevo/client.h"
#include "common/store/parked.h"
#include "common/telemetry/log.h"
#include "services/sync-worker/instruments.h"

namespace tajo::worker {

// Finds the customers of tickets whose reporter's e-mail Jira hides: a profile that became visible, or the
// contact in Brevo whose attribute is that account. A ticket that waited is read again, as if a hint had
// come. One a connection, on its loop.
class ParkedTickets {
 public:
  struct Parts {
    store::OwnerStore& store;
    brevo::Client& brevo;
    telemetry::Logger& log;
    Instruments& instruments;
    std::string attribute;  // of Brevo, filled with Jira's account id; empty: Brevo can't be asked
    // An account turned out to be that contact, or (empty) to be none any more.
    std::function<void(const std::string& account_id, const std::string& email)> linked;
  };
  explicit ParkedTickets(Parts parts) : parts_(std::move(parts)), parked_(parts_.store) {}

  struct Outcome {
    bool released = false;  // there are new entries in `events`
    bool more = false;
  };
  // Looks for some that are due. Each is asked of Brevo once a week, unless something says that it may
  // be known now (see store::Parked::LookAt).
  base::Task<absl::StatusOr<Outcome>> Work();

 private:
  base::Task<absl::StatusOr<std::string>> EmailOf(std::string account_id);
  base::Task<absl::StatusOr<std::string>> EmailInBrevo(std::string account_id);
  base::Task<absl::Status> Release(std::string account_id);
  // Not found: forgets tickets that wait no longer, and looks again later.
  base::Task<absl::Status> Postpone(std::string account_id, int64_t began_ms);

  Parts parts_;
  store::Parked parked_;
};

}  // namespace tajo::worker
