#include "simulators/jira/site.h"

#include <algorithm>
#include <functional>
#include <utility>

namespace tajo::jira_sim {

constexpr Millis kRepeatWindow = 10 * 60'000;

Site::Site(Options given, base::Clock& the_clock, std::unique_ptr<Zone> profile_zone)
    : options(std::move(given)),
      clock(the_clock),
      random(options.seed ^ static_cast<uint64_t>(base::ToMillis(the_clock.Now()))),
      zone(std::move(profile_zone)),
      world({.seed = options.seed,
             .issues = options.issues,
             .customers = options.customers,
             .projects = options.projects,
             .caller_email = options.email,
             .now = base::ToMillis(the_clock.Now()) / 60'000 * 60'000}),
      search(world, lag),
      changes(world, lag, [this] { return Now(); }),
      oauth(options, random, violations),
      faults(options.seed),
      limits(options, violations),
      truth(world, *zone),
      webhooks(world, *zone, options, random),
      play(clock) {
  changes.Listen(truth);
  changes.Listen(webhooks);
  search.SetTokenTtl(options.token_ttl.count());
}

std::string Site::SiteUrl() const {
  return options.site_host.empty() ? own_url : "https://" + options.site_host;
}

bool Site::IsRepeatedCreate(std::string_view body) {
  const Millis now = Now();
  const std::size_t digest = std::hash<std::string_view>()(body);
  while (!created_bodies_.empty() && created_bodies_.front().first < now - kRepeatWindow) created_bodies_.pop_front();
  const bool seen = std::any_of(created_bodies_.begin(), created_bodies_.end(),
                                [digest](const auto& entry) { return entry.second == digest; });
  created_bodies_.emplace_back(now, digest);
  return seen;
}

}  // namespace tajo::jira_sim
