#include "simulators/jira/zone.h"

#include <utility>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"

namespace tajo::jira_sim {

struct Zone::Impl {
  absl::TimeZone zone;
  Millis from = 1, until = 0;  // where `offset` holds
  int offset = 0;
};

Zone::Zone(std::string name) : name_(std::move(name)), impl_(std::make_unique<Impl>()) {}
Zone::~Zone() = default;

std::unique_ptr<Zone> Zone::Load(const std::string& name) {
  std::unique_ptr<Zone> zone(new Zone(name));
  if (!absl::LoadTimeZone(name, &zone->impl_->zone)) return nullptr;
  return zone;
}

int Zone::OffsetSeconds(Millis time) const {
  Impl& known = *impl_;
  if (time >= known.from && time < known.until) return known.offset;
  // Zones change their offset at whole quarters of an hour only.
  constexpr Millis kQuarter = 15 * 60'000;
  const absl::Time point = absl::FromUnixMillis(time);
  known.offset = known.zone.At(point).offset;
  absl::TimeZone::CivilTransition next;
  const bool changes = known.zone.NextTransition(point, &next);
  known.from = time - time % kQuarter;
  known.until = time + 30 * 24 * 3'600'000LL;
  if (changes) {
    const Millis change = absl::ToUnixMillis(known.zone.At(next.to).trans);
    if (change > time && change < known.until) known.until = change;
  }
  return known.offset;
}

Millis Zone::FromLocal(int year, int month, int day, int hour, int minute) const {
  return absl::ToUnixMillis(impl_->zone.At(absl::CivilSecond(year, month, day, hour, minute)).pre);
}

}  // namespace tajo::jira_sim
