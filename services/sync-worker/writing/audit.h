#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/base/clock.h"
#include "common/brevo/client.h"
#include "common/store/owner_store.h"
#include "common/store/parked.h"
#include "services/sync-worker/instruments.h"

namespace tajo::worker {

// The attributes of ours that are another in Brevo, as far as Brevo's forms of a value allow to tell:
// a cleared one has no value there, a number in a text is its text, a date may have a time behind it.
std::vector<std::string> DifferingAttributes(const jira::v1::DesiredContact& desired, const brevo::Contact& there);

// Compares contacts in Brevo with what they should be, a page at a time, and has written again what a late
// request of an earlier owner, or a person in Brevo, changed. Hourly those that changed in Brevo since the
// last pass, weekly all. A version of a contact is mended at most kMostMends times: who changes it back as
// often wins, until its tickets change. Lists are mended too, but nobody is put into one whom Brevo shows
// as unsubscribed. What Brevo doesn't show (deleted there) is left alone. One a connection, on its loop.
class Audit {
 public:
  static constexpr int kMostMends = 3;

  struct Parts {
    store::OwnerStore& store;
    brevo::Client& brevo;
    Instruments& instruments;
    std::string account_attribute;  // of Brevo, filled with Jira's account id; empty: none
  };
  explicit Audit(Parts parts) : parts_(std::move(parts)), parked_(parts_.store) {}

  struct Outcome {
    int64_t mended = 0;       // dirty again
    bool looked_for = false;  // accounts of parked tickets were seen in Brevo
    base::Duration wait{};    // until the next page or pass
  };
  // At most one call to Brevo.
  base::Task<absl::StatusOr<Outcome>> Work();

 private:
  struct Pass;

  base::Task<absl::StatusOr<int64_t>> Compare(std::vector<brevo::Contact> contacts, int64_t asked_ms);
  base::Task<absl::Status> Save(const Pass& pass);

  Parts parts_;
  store::Parked parked_;
};

}  // namespace tajo::worker
