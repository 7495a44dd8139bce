#pragma once

#include <string>

#include "common/config/connection_config.h"
#include "common/deciding/rules.h"
#include "tajo/jira/v1/event.pb.h"

namespace tajo::deciding {

inline constexpr int64_t kConnectedMs = 1'790'000'000'000;  // 2026-09-21T14:13:20Z
inline constexpr int64_t kNowMs = kConnectedMs + 3'600'000;

// The product page's connection, connected at kConnectedMs.
inline jira::v1::ConnectionConfig SampleConfig() {
  jira::v1::ConnectionConfig config = config::DefaultConnectionConfig();
  config.set_site_url("https://your-domain.atlassian.net");
  config.clear_projects();
  auto* support = config.add_projects();
  support->set_key("SUPPORT");
  support->set_sync_to_list(22);
  auto* product = config.add_projects();
  product->set_key("PRODUCT");
  product->set_sync_to_list(23);
  config.set_events_from_ms(kConnectedMs);
  return config;
}

inline jira::v1::Issue SampleIssue() {
  jira::v1::Issue issue;
  issue.set_id(10042);
  issue.set_key("SUPPORT-7");
  issue.set_project_id(10000);
  issue.set_project_key("SUPPORT");
  issue.set_issue_type("Bug");
  issue.set_summary("The export stops");
  issue.set_status("In Progress");
  issue.set_status_category(jira::v1::IN_PROGRESS);
  issue.set_priority("High");
  issue.set_created_ms(kConnectedMs + 1'000);
  issue.set_updated_ms(kConnectedMs + 60'000);
  issue.mutable_reporter()->set_account_id("712020:aaaa");
  issue.mutable_reporter()->set_account_type("atlassian");
  issue.mutable_reporter()->set_email("customer0001@example.com");
  issue.mutable_reporter()->set_display_name("Customer One");
  return issue;
}

inline jira::v1::FieldChange Change(const std::string& field, const std::string& from, const std::string& to) {
  jira::v1::FieldChange change;
  change.set_field(field);
  change.set_from_text(from);
  change.set_to_text(to);
  return change;
}

}  // namespace tajo::deciding
