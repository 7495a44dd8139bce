#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "common/store/owner_store.h"

namespace tajo::store {

// Tickets whose customer has no e-mail that we may see: they wait until one appears. And which contacts
// in Brevo such accounts turned out to be. Tickets are parked by OwnerStore::Apply.
class Parked {
 public:
  // `owner` outlives it.
  explicit Parked(OwnerStore& owner) : owner_(owner) {}

  // Accounts that are to be looked for now, longest due first.
  base::Task<absl::StatusOr<std::vector<std::string>>> Due(int count);
  // Some of the account's tickets, in no order.
  base::Task<absl::StatusOr<std::vector<int64_t>>> Tickets(std::string account, int count);
  // Those that wait are looked for at that time; the others are left alone.
  base::Task<absl::Status> LookAt(std::vector<std::string> accounts, int64_t at_ms);
  // A look that began then found nothing: again at that time, unless it became due meanwhile.
  base::Task<absl::Status> PutOff(std::string account, int64_t began_ms, int64_t at_ms);
  // These tickets wait no longer; each with an event for `events`, or an empty one.
  base::Task<absl::Status> Release(std::string account, std::vector<std::pair<int64_t, std::string>> tickets);

  struct Link {
    std::string email;  // of the account's contact in Brevo
    int64_t found_ms = 0;
  };
  // One that is a week old is looked for again, and good meanwhile.
  base::Task<absl::StatusOr<std::map<std::string, Link>>> Links(std::vector<std::string> accounts);
  // An empty e-mail: none any more. Who was erased isn't linked.
  base::Task<absl::Status> Put(std::string account, std::string email);

 private:
  OwnerStore& owner_;
};

// An entry of `linked`; without an e-mail if it can't be read.
Parked::Link ReadLink(std::string_view value);

}  // namespace tajo::store
