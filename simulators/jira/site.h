#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "common/base/clock.h"
#include "common/base/random.h"
#include "simulators/jira/changes.h"
#include "simulators/jira/deliveries.h"
#include "simulators/jira/faults.h"
#include "simulators/jira/index_lag.h"
#include "simulators/jira/jql_query.h"
#include "simulators/jira/limits.h"
#include "simulators/jira/oauth.h"
#include "simulators/jira/options.h"
#include "simulators/jira/play.h"
#include "simulators/jira/privacy.h"
#include "simulators/jira/search.h"
#include "simulators/jira/truth.h"
#include "simulators/jira/violations.h"
#include "simulators/jira/webhooks.h"
#include "simulators/jira/world.h"
#include "simulators/jira/zone.h"

namespace tajo::jira_sim {

// Everything the routes work on. One loop thread owns it.
struct Site {
  Site(Options options, base::Clock& clock, std::unique_ptr<Zone> profile_zone);

  Millis Now() const { return base::ToMillis(clock.Now()); }
  // The origin in self links of the site and of webhooks.
  std::string SiteUrl() const;
  // The origin under which the simulator itself is reached.
  std::string OwnUrl() const { return own_url; }
  jql::Context JqlContext() const { return {world, *zone, Now(), world.Persons().Caller()}; }
  // Has this very body been posted within ten minutes? Remembers it.
  bool IsRepeatedCreate(std::string_view body);

  const Options options;
  base::Clock& clock;
  base::SeededRandom random;
  const std::unique_ptr<Zone> zone;  // of the caller's profile
  std::string own_url;               // set once the port is known
  Violations violations;
  World world;
  IndexLag lag;
  Search search;
  Changes changes;
  Oauth oauth;
  Faults faults;
  Limits limits;
  Truth truth;
  Webhooks webhooks;
  Play play;
  Privacy privacy;
  std::unique_ptr<Deliveries> deliveries;       // set once the loop runs
  std::function<void(base::Task<void>)> spawn;  // runs a task in the background of the loop

 private:
  std::deque<std::pair<Millis, std::size_t>> created_bodies_;
};

}  // namespace tajo::jira_sim
