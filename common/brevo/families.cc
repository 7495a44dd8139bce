#include "common/brevo/families.h"

namespace tajo::brevo {
namespace {

constexpr std::chrono::seconds kSecond{1};
constexpr std::chrono::seconds kHour{3600};

}  // namespace

std::string_view FamilyName(Family family) {
  switch (family) {
    case Family::kContacts:
      return "contacts";
    case Family::kEvents:
      return "events";
    case Family::kEventBatches:
      return "event_batches";
    case Family::kSmtp:
      return "smtp";
    case Family::kOther:
      break;
  }
  return "other";
}

Limit GeneralPlan(Family family) {
  switch (family) {
    case Family::kContacts:
    case Family::kEvents:
    case Family::kEventBatches:
      return {10, kSecond};
    case Family::kSmtp:
      return {300, kHour};
    case Family::kOther:
      break;
  }
  return {100, kHour};
}

Limit InferLimit(double calls, double reset_seconds, const Limit& known) {
  if (reset_seconds > 1) return {calls, kHour};
  if (calls == known.calls) return known;
  // No plan has more than 60 a second or fewer than 100 an hour.
  return {calls, calls >= 100 ? kHour : kSecond};
}

base::Task<absl::Status> NoLimit::Acquire(Family, Lane) {
  co_return absl::OkStatus();
}

}  // namespace tajo::brevo
