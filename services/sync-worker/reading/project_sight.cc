#include "services/sync-worker/reading/project_sight.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "common/base/error.h"
#include "common/store/overview.h"
#include "services/sync-worker/reading/cursors.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::worker {
namespace {

constexpr int kKeysPerCall = 50;  // of project/search

std::set<std::string> Split(const std::string& text) {
  std::set<std::string> parts;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(", ", begin), text.size());
    parts.insert(text.substr(begin, end - begin));
    begin = end + 2;
  }
  return parts;
}

std::set<std::string> Without(const std::set<std::string>& all, const std::set<std::string>& some) {
  std::set<std::string> rest;
  std::set_difference(all.begin(), all.end(), some.begin(), some.end(), std::inserter(rest, rest.end()));
  return rest;
}

}  // namespace

base::Task<absl::Status> ProjectSight::Recall() {
  const auto cursors = co_await store_.Cursors();
  if (!cursors.ok()) co_return cursors.status();
  if (const auto found = cursors->find(store::kCursorHiddenProjects); found != cursors->end()) {
    std::set<std::string> hidden = Split(found->second);
    // The config may have lost some of them since.
    std::erase_if(hidden, [this](const std::string& key) {
      const auto& projects = rules_.Config().projects();
      return std::none_of(projects.begin(), projects.end(), [&](const auto& project) { return project.key() == key; });
    });
    rules_.SetHiddenProjects(std::move(hidden));
  }
  co_return absl::OkStatus();
}

base::Task<absl::StatusOr<std::set<std::string>>> ProjectSight::AskJira() {
  // Jira shows nothing, and no error, to whom it doesn't know.
  const auto myself = co_await jira_.GetMyself();
  if (!myself.ok()) co_return myself.status();
  std::set<std::string> hidden;
  const auto& projects = rules_.Config().projects();
  for (int begin = 0; begin < projects.size(); begin += kKeysPerCall) {
    std::vector<std::string> keys;
    for (int i = begin; i < std::min(projects.size(), begin + kKeysPerCall); ++i) keys.push_back(projects[i].key());
    hidden.insert(keys.begin(), keys.end());
    const auto shown = co_await jira_.Projects(std::move(keys));
    if (!shown.ok()) co_return shown.status();
    for (const jira::ProjectInfo& project : *shown) hidden.erase(project.key);
  }
  if (!hidden.empty() && static_cast<int>(hidden.size()) == projects.size()) {
    co_return base::Error(jira::v1::JIRA_PROJECT_UNKNOWN,
                          fmt::format("Jira shows this account none of the projects {}: grant it Browse projects",
                                      fmt::join(hidden, ", ")));
  }
  co_return hidden;
}

base::Task<absl::StatusOr<bool>> ProjectSight::Look() {
  TAJO_CO_ASSIGN_OR_RETURN(std::set<std::string> hidden, co_await AskJira());
  const std::set<std::string> before = rules_.HiddenProjects();
  if (hidden == before) co_return false;
  const std::set<std::string> back = Without(before, hidden);
  TAJO_CO_ASSIGN_OR_RETURN(const Cursors cursors, co_await store_.Cursors());
  if (!back.empty()) {
    TAJO_CO_RETURN_IF_ERROR(co_await ReadAgain(back, CursorNumber(cursors, store::kCursorHiddenSince)));
  }
  store::Application noted;
  noted.cursors[store::kCursorHiddenProjects] = fmt::format("{}", fmt::join(hidden, ", "));
  // It may have gone right after the last pass that still saw it.
  if (before.empty()) {
    noted.cursors[store::kCursorHiddenSince] = std::to_string(CursorNumber(cursors, store::kCursorIncremental));
  }
  const auto applied = co_await store_.Apply(std::move(noted));
  if (!applied.ok()) co_return applied.status();
  log_.Warn("projects that Jira doesn't show", {{"connection", store_.ConnectionId()},
                                                {"hidden", fmt::format("{}", fmt::join(hidden, ", "))},
                                                {"back", fmt::format("{}", fmt::join(back, ", "))}});
  rules_.SetHiddenProjects(std::move(hidden));
  co_return true;
}

base::Task<absl::Status> ProjectSight::ReadAgain(std::set<std::string> back, int64_t since_ms) {
  std::vector<std::string> keys;
  for (const std::string& key : back) keys.push_back(deciding::JqlQuote(key));
  store::Job whole;
  whole.scheduled = true;
  whole.jql = fmt::format("project in ({})", fmt::join(keys, ", "));
  store::Job changes = whole;
  changes.full = false;
  changes.from_ms = std::max(since_ms, rules_.Config().events_from_ms());
  changes.until_ms = base::ToMillis(clock_.Now());
  for (store::Job* job : {&whole, &changes}) {
    const auto started = co_await jobs_.Start(store_.ConnectionId(), std::move(*job));
    if (!started.ok()) co_return started.status();
  }
  co_return absl::OkStatus();
}

}  // namespace tajo::worker
