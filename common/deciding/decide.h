#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/deciding/customer.h"
#include "common/deciding/rules.h"
#include "common/store/issue_record.h"
#include "common/store/owner_store.h"
#include "tajo/jira/v1/event.pb.h"
#include "tajo/jira/v1/record.pb.h"

namespace tajo::deciding {

// What is known about the issue of an event when it is decided.
struct Facts {
  std::optional<store::IssueRecord> record;  // as stored, or as earlier events of the batch left it
  std::optional<jira::v1::Issue> reread;     // all fields, read from Jira after the event was taken
  std::vector<jira::v1::History> histories;  // read with it, if histories_read
  std::vector<jira::v1::Comment> comments;
  bool histories_read = false;
  // Whether the config's own `jql` admits the issue, as Jira answered; nothing where there is no jql.
  std::optional<bool> matches_jql;
  int64_t read_ms = 0;  // when it was read, by our clock
};

// A release or a sprint: whom it concerns has to be searched in Jira.
using Milestone = std::variant<jira::v1::VersionChange, jira::v1::SprintChange>;

// What follows from an event; applied as a whole.
struct Outcome {
  std::optional<store::IssueWrite> write;
  std::vector<jira::v1::OutboxEvent> outbox;
  std::optional<Milestone> milestone;
  int64_t milestone_ms = 0;
  std::vector<jira::v1::User> users;  // to remember
  std::vector<std::string> dropped;   // why values of the contact's attributes were left out, see DesiredFor
};

enum class Reading {
  kNone,          // the event says enough
  kIssue,         // the issue's fields are needed
  kIssueHistory,  // and its histories and comments too
};

// What has to be read from Jira before Decide can answer.
Reading ReadingFor(const jira::v1::Event& event, const std::optional<store::IssueRecord>& record, const Rules& rules);

// The issue an event is about; 0: none, or known only by key (a hint).
int64_t IssueIdOf(const jira::v1::Event& event);

// Pure: the same input gives the same outcome. An issue that Jira didn't show (no `reread` though
// it was asked for) changes nothing: invisible is not deleted.
Outcome Decide(const jira::v1::Event& event, const Facts& facts, const UserLookup& users, const Rules& rules,
               int64_t now_ms);

// The issue as a backfill page shows it: its state, and its histories as events where the config
// wants history. Nothing where the filters don't admit it and it wasn't tracked.
Outcome DecideRead(const Facts& facts, const UserLookup& users, const Rules& rules, int64_t now_ms);

}  // namespace tajo::deciding
