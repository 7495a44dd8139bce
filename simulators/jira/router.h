#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "simulators/jira/call.h"

namespace tajo::jira_sim {

struct Site;

// What a route needs to know besides its handler.
struct RouteTraits {
  std::vector<std::string> scopes;  // all are needed; OAuth only
  bool anonymous = false;           // answers without credentials
};

struct Route {
  std::string_view method;
  std::vector<std::string_view> segments;  // "{}" takes any
  std::string_view pattern;                // names the endpoint for limits
  Answer (*handler)(Site&, Call&);
  RouteTraits traits;
};

// Paths as Jira has them without their version: "/rest/api/{2,3,latest}/x" is "/api/x".
class Router {
 public:
  void Add(std::string_view method, std::string_view pattern, Answer (*handler)(Site&, Call&), RouteTraits traits = {});

  struct Match {
    const Route* route = nullptr;
    bool path_known = false;  // with another method
    std::vector<std::string> parameters;
  };
  Match Find(std::string_view method, std::string_view path) const;

 private:
  std::vector<Route> routes_;
};

void AddSearchRoutes(Router& router);
void AddIssueRoutes(Router& router);
void AddHistoryRoutes(Router& router);
void AddCatalogueRoutes(Router& router);
void AddPeopleRoutes(Router& router);
void AddWorklogRoutes(Router& router);
void AddAgileRoutes(Router& router);
void AddWebhookRoutes(Router& router);
void AddOauthRoutes(Router& router);
void AddPrivacyRoutes(Router& router);
void AddControlRoutes(Router& router);

}  // namespace tajo::jira_sim
