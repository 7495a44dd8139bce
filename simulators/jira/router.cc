#include "simulators/jira/router.h"

#include <algorithm>

#include "common/net/url.h"

namespace tajo::jira_sim {
namespace {

std::vector<std::string_view> Split(std::string_view path) {
  std::vector<std::string_view> out;
  while (!path.empty()) {
    if (path.front() == '/') {
      path.remove_prefix(1);
      continue;
    }
    const std::size_t end = std::min(path.find('/'), path.size());
    out.push_back(path.substr(0, end));
    path.remove_prefix(end);
  }
  return out;
}

}  // namespace

void Router::Add(std::string_view method, std::string_view pattern, Answer (*handler)(Site&, Call&),
                 RouteTraits traits) {
  routes_.push_back({method, Split(pattern), pattern, handler, std::move(traits)});
}

Router::Match Router::Find(std::string_view method, std::string_view path) const {
  Match match;
  const std::vector<std::string_view> segments = Split(path);
  for (const Route& route : routes_) {
    if (route.segments.size() != segments.size()) continue;
    const bool fits = std::equal(segments.begin(), segments.end(), route.segments.begin(),
                                 [](auto given, auto wanted) { return wanted == "{}" || wanted == given; });
    if (!fits) continue;
    match.path_known = true;
    if (route.method != method) continue;
    for (std::size_t i = 0; i < segments.size(); ++i) {
      if (route.segments[i] != "{}") continue;
      match.parameters.push_back(net::DecodePercent(segments[i]).value_or(std::string(segments[i])));
    }
    match.route = &route;
    return match;
  }
  return match;
}

}  // namespace tajo::jira_sim
