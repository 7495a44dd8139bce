#pragma once

#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/brevo/client.h"
#include "common/redis/client.h"
#include "common/store/erasure.h"
#include "common/store/people.h"
#include "common/telemetry/log.h"
#include "services/sync-worker/instruments.h"
#include "services/sync-worker/writing/contact_writer.h"
#include "services/sync-worker/writing/event_sender.h"

namespace tajo::worker {

// Since when a write of ours to Brevo has to be undone for an erasure that began there: with a margin,
// since clocks differ and a webhook is late. A contact that somebody made anew after its deletion, and
// that we haven't touched since, stays.
int64_t UndoSince(const jira::v1::Event& event);

// Works off `people`: erases whom Brevo, an operator or Atlassian says, here and in Brevo, and notes who
// unsubscribed. Independent of Jira, and of whether the connection is paused. One a connection, on its loop.
class Eraser {
 public:
  struct Parts {
    redis::Client& redis;
    store::OwnerStore& store;
    brevo::Client& brevo;
    ContactWriter& contacts;
    EventSender& events;
    base::Clock& clock;
    telemetry::Logger& log;
    Instruments& instruments;
  };
  explicit Eraser(Parts parts) : parts_(parts), people_(parts.redis, parts.store) {}

  struct Outcome {
    bool erased = false;   // somebody: what memory holds of people is to be dropped
    bool waiting = false;  // some wait for a write that is under way: come again soon
  };
  // All that can be done now. The error, if any, is Redis's or concerns Brevo's account; what it kept
  // from being done stays in the stream.
  base::Task<absl::StatusOr<Outcome>> Work();

 private:
  using Entries = std::vector<store::PersonEntry>;

  base::Task<absl::Status> WorkPage(Entries entries, Outcome* outcome);
  base::Task<absl::Status> NoteUnsubscribed(Entries entries);
  base::Task<absl::Status> ResolveAccounts(Entries entries);
  base::Task<absl::Status> EraseContacts(Entries entries, Outcome* outcome);
  base::Task<absl::StatusOr<jira::v1::ErasureReport::InBrevo>> DeleteInBrevo(std::string email);
  base::Task<absl::Status> End(store::FinishedPerson person);

  Parts parts_;
  store::People people_;
};

}  // namespace tajo::worker
