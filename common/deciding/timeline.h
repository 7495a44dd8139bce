#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/deciding/customer.h"
#include "common/deciding/rules.h"
#include "common/store/capacity.h"
#include "tajo/jira/v1/event.pb.h"
#include "tajo/jira/v1/record.pb.h"

namespace tajo::deciding {

// Whose timeline, and about which ticket.
struct Subject {
  store::ContactId contact;
  int64_t issue_id = 0;
  std::string issue_key;
  std::string project_key;
  std::string issue_type;
  std::string summary;
  std::string status;
  std::string priority;
};
Subject SubjectOf(const jira::v1::Issue& issue, store::ContactId contact);

// Brevo timeline events. Each has a uid made of Jira's own ids, so that the same change found on
// another way is the same event; see "Uids" in docs/events.md.
jira::v1::OutboxEvent CreatedEvent(const Subject& subject, int64_t created_ms);
jira::v1::OutboxEvent DeletedEvent(const Subject& subject, int64_t deleted_ms);
// One event a field that means something to a customer; none for noise (rank, empty items, texts).
std::vector<jira::v1::OutboxEvent> HistoryEvents(const Subject& subject, const jira::v1::History& history);
// Public comments only: the caller has checked.
jira::v1::OutboxEvent CommentEvent(const Subject& subject, const jira::v1::Comment& comment, const Rules& rules,
                                   const std::string& customer_account_id);
jira::v1::OutboxEvent WorklogEvent(const Subject& subject, const jira::v1::Worklog& worklog);
jira::v1::OutboxEvent VersionReleasedEvent(const Subject& subject, const jira::v1::Version& version,
                                           int64_t released_ms);
jira::v1::OutboxEvent SprintEvent(const Subject& subject, const jira::v1::Sprint& sprint, int64_t changed_ms);

// To a lead, once a day ("2026-03-26"): what the site's open work adds up to. No names: projects by key.
jira::v1::OutboxEvent CapacityEvent(const store::ContactId& lead, const std::string& site_url, const std::string& day,
                                    const store::Capacity& capacity, int64_t now_ms);

// `text` cut to `max_characters` code points, with an ellipsis in their number if it was longer.
std::string Shortened(const std::string& text, std::size_t max_characters);

}  // namespace tajo::deciding
