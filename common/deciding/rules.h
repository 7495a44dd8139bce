#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tajo/jira/v1/connection.pb.h"
#include "tajo/jira/v1/event.pb.h"

namespace tajo::deciding {

// A connection's config, made ready for deciding: sets and maps instead of lists.
class Rules {
 public:
  explicit Rules(jira::v1::ConnectionConfig config);

  const jira::v1::ConnectionConfig& Config() const { return config_; }
  // By project and issue type. The config's `jql` is Jira's to judge, not ours.
  bool Admits(const jira::v1::Issue& issue) const;
  // The Brevo list of a project; 0: none.
  int64_t ListOf(const std::string& project_key) const;
  // May a change of that time still become an event? Not before the connection's events_from, and
  // not once the ledger may have forgotten it.
  bool IsEventTime(int64_t event_ms, int64_t now_ms) const;
  // The filters as JQL, bounded: "project in (...) AND issuetype in (...) AND (jql)"; never empty.
  // Without the hidden projects: Jira refuses the whole JQL for the sake of one that it doesn't show.
  std::string FilterJql() const;
  // The same within one project.
  std::string FilterJqlOf(int64_t project_id) const;

  // Those of the config's projects that Jira doesn't show at present; whoever finds out tells it here.
  void SetHiddenProjects(std::set<std::string> keys) { hidden_projects_ = std::move(keys); }
  const std::set<std::string>& HiddenProjects() const { return hidden_projects_; }

 private:
  std::vector<std::string> ClausesWithoutProjects() const;

  jira::v1::ConnectionConfig config_;
  std::map<std::string, int64_t> list_of_project_;
  std::set<std::string> issue_types_;
  std::set<std::string> hidden_projects_;
};

// `text` as a JQL string literal, quotes included.
std::string JqlQuote(const std::string& text);

}  // namespace tajo::deciding
