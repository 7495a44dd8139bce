#include "common/config/connection_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <set>
#include <utility>

#include "common/config/connection_rules.h"
#include "common/config/mapping_config.h"
#include "common/config/milestone_config.h"
#include "common/config/section.h"
#include "common/config/yaml.h"
#include "tajo/jira/v1/connection.pb.h"

namespace tajo::config {
namespace {

namespace v1 = ::tajo::jira::v1;
using std::chrono::hours;
using std::chrono::seconds;

constexpr char kEmail[] = "email";
constexpr char kEmailSource[] = "emailAddress";

// The product page's.
constexpr std::pair<const char*, const char*> kDefaultMapping[] = {
    {"accountId", "JIRA_ACCOUNT_ID"},       {kEmailSource, kEmail},
    {"displayName", "FIRSTNAME"},           {"issue_key", "LAST_TICKET_KEY"},
    {"issue_status", "LAST_TICKET_STATUS"}, {"issue_priority", "LAST_TICKET_PRIORITY"},
    {"issue_created", "LAST_TICKET_DATE"},  {"resolution", "LAST_TICKET_RESOLUTION"},
};

constexpr int kDefaultMaxCharacters = 1000;
constexpr int kMaxCharacters = 10'000;  // Brevo takes 50 KB an event, and a character has up to four bytes
constexpr int64_t kDefaultHighWater = 100'000;
constexpr int kDefaultSnapshotHour = 6;  // UTC

// A message or nothing, put where it belongs.
bool Passes(const Complaint& complaint, int line, const std::string& path, Problems& problems) {
  if (complaint) problems.Add(line, path, *complaint);
  return !complaint;
}

void ReadSync(Section section, v1::SyncResources& sync) {
  if (section.Bool("issues") == false) {
    section.Refuse("issues", "all else hangs on issues: to limit them use projects, issue_types or jql");
  }
  if (const auto value = section.Bool("projects")) sync.set_projects(*value);
  if (const auto value = section.Bool("users")) sync.set_users(*value);
  if (const auto value = section.Bool("comments")) sync.set_comments(*value);
  if (const auto value = section.Bool("worklogs")) sync.set_worklogs(*value);
  section.Finish();
}

void ReadProjects(Section& jira, v1::ConnectionConfig& config, Problems& problems) {
  const auto items = jira.List("projects");
  if (!items) return;
  std::set<std::string> seen;
  for (const Section::Item& item : *items) {
    if (item.node->IsNull()) {
      problems.Add(item.node->line, item.path, "expected {key: SUPPORT, sync_to_list: 22}, found nothing");
      continue;
    }
    Section section(item.node, item.path, problems);
    v1::Project& project = *config.add_projects();
    if (auto key = section.String("key")) {
      if (const Complaint complaint = CheckProjectKey(*key)) section.Refuse("key", *complaint);
      if (!seen.insert(*key).second) section.Refuse("key", "the same project stands here twice");
      project.set_key(*std::move(key));
    }
    if (section.Lacks("key")) section.Refuse("key", "is missing");
    if (const auto list = section.Int("sync_to_list", 1, std::numeric_limits<int64_t>::max())) {
      project.set_sync_to_list(*list);
    }
    section.Finish();
  }
}

// A list of different names that a rule admits, added to `out`.
template <class Rule>
void ReadNames(Section& jira, std::string_view key, Rule rule, google::protobuf::RepeatedPtrField<std::string>& out,
               Problems& problems) {
  const auto items = jira.Scalars(key);
  if (!items) return;
  out.Clear();
  std::set<std::string> seen;
  for (const Section::Item& item : *items) {
    const std::string& name = item.node->text;
    if (!Passes(rule(name), item.node->line, item.path, problems)) continue;
    if (!seen.insert(name).second) {
      problems.Add(item.node->line, item.path, fmt::format("{} stands here twice", Quoted(name)));
      continue;
    }
    out.Add(std::string(name));
  }
}

void ReadSite(Section& jira, v1::ConnectionConfig& config) {
  const auto url = jira.String("site_url");
  if (!url || url->empty()) return;
  if (auto site = NormaliseSite(*url)) {
    config.set_site_url(*std::move(site));
  } else {
    // It may hold a password: not repeated.
    jira.Refuse("site_url", "isn't a site like your-domain.atlassian.net");
  }
}

void ReadJql(Section& jira, v1::ConnectionConfig& config) {
  const auto jql = jira.String("jql");
  if (!jql) return;
  if (const Complaint complaint = CheckJqlFilter(*jql)) jira.Refuse("jql", *complaint);
  config.set_jql(jql->find_first_not_of(" \t\r\n") == std::string::npos ? std::string() : *jql);
}

void ReadRetention(Section section, v1::RetentionSettings& retention) {
  if (const auto days = section.Int("ledger_days", 1, 365)) retention.set_ledger_days(static_cast<int>(*days));
  if (const auto days = section.Int("dead_letter_days", 1, 365))
    retention.set_dead_letter_days(static_cast<int>(*days));
  if (const auto days = section.Int("quarantine_days", 1, 30)) retention.set_quarantine_days(static_cast<int>(*days));
  section.Finish();
}

void ReadCapacity(Section& jira, v1::ConnectionConfig& config) {
  Section capacity = jira.Child("capacity");
  if (const auto lead = capacity.String("snapshot_to")) {
    if (const Complaint complaint = CheckLead(*lead)) capacity.Refuse("snapshot_to", *complaint);
    config.mutable_capacity()->set_snapshot_to(*lead);
  }
  if (const auto hour = capacity.Int("snapshot_hour", 0, 23)) {
    config.mutable_capacity()->set_snapshot_hour(static_cast<int>(*hour));
  }
  capacity.Finish();
  if (const auto field = jira.String("story_points")) {
    if (const Complaint complaint = CheckName(*field)) jira.Refuse("story_points", *complaint);
    config.set_story_points(*field);
  }
}

// The behaviour of the sync, where the product page is silent.
void ReadExtensions(Section& jira, v1::ConnectionConfig& config, Problems& problems) {
  ReadJql(jira, config);
  ReadNames(jira, "contact_source", CheckContactSource, *config.mutable_contact_source(), problems);
  if (config.contact_source().empty()) config.add_contact_source("reporter");
  if (const auto word = jira.Choice("last_ticket", {"updated", "created"})) {
    config.set_last_ticket(*word == 0 ? v1::LAST_TICKET_UPDATED : v1::LAST_TICKET_CREATED);
  }
  if (const auto word = jira.Choice("backfill_events", {"none", "all"})) {
    config.set_backfill_events(*word == 0 ? v1::BACKFILL_EVENTS_NONE : v1::BACKFILL_EVENTS_ALL);
  }
  if (const auto word = jira.Choice("on_ambiguous", {"resend", "hold", "skip"})) {
    constexpr v1::OnAmbiguous kValues[] = {v1::RESEND, v1::HOLD, v1::SKIP};
    config.set_on_ambiguous(kValues[*word]);
  }
  if (const auto interval = jira.Duration("sync_interval", seconds(10), hours(24))) {
    config.set_sync_interval_s(std::chrono::duration_cast<seconds>(*interval).count());
  }
  Section comments = jira.Child("comments");
  if (const auto count = comments.Int("max_characters", 1, kMaxCharacters)) {
    config.mutable_comments()->set_max_characters(static_cast<int>(*count));
  }
  comments.Finish();
  ReadMilestones(jira.Child("milestones"), *config.mutable_milestones(), problems);
  ReadRetention(jira.Child("retention"), *config.mutable_retention());
  if (auto attribute = jira.String("ext_id_from")) config.set_ext_id_from(*std::move(attribute));
  ReadCapacity(jira, config);
  if (const auto entries = jira.Int("stream_high_water", 1, 100'000'000)) config.set_stream_high_water(*entries);
}

void ReadJira(Section jira, v1::ConnectionConfig& config, Problems& problems) {
  if (jira.Bool("enabled") == false) {
    jira.Refuse("enabled",
                "a config switches nothing off: pause the connection (tajo connectors update jira --pause), or remove "
                "it (tajo connectors remove jira)");
  }
  ReadSite(jira, config);
  if (const auto word = jira.Choice("auth_type", {"oauth2", "basic"})) {
    config.set_auth_type(*word == 0 ? v1::OAUTH2 : v1::BASIC);
  }
  ReadSync(jira.Child("sync"), *config.mutable_sync());
  ReadProjects(jira, config, problems);
  ReadNames(jira, "issue_types", CheckName, *config.mutable_issue_types(), problems);
  if (const auto value = jira.Bool("debug")) config.set_debug(*value);
  const std::vector<std::string> levels = {"error", "warn", "warning", "info", "verbose", "debug", "trace"};
  if (const auto word = jira.Choice("log_level", levels)) config.set_log_level(levels[*word]);
  if (const auto value = jira.Bool("log_api_calls")) config.set_log_api_calls(*value);
  ReadExtensions(jira, config, problems);
  jira.Finish();
}

// It must be one of the mapped attributes.
void CheckExtId(const YamlNode& root, const v1::ConnectionConfig& config, Problems& problems) {
  if (config.ext_id_from().empty()) return;
  const bool mapped = std::ranges::any_of(config.field_mapping(), [&config](const v1::FieldMapping& mapping) {
    return mapping.attribute() == config.ext_id_from() && mapping.attribute() != kEmail;
  });
  if (mapped) return;
  const YamlNode* node = root.Find("connectors")->Find("jira")->Find("ext_id_from");
  problems.Add(node->line, "connectors.jira.ext_id_from",
               fmt::format("{} isn't an attribute of field_mapping", Quoted(config.ext_id_from())));
}

}  // namespace

v1::ConnectionConfig DefaultConnectionConfig() {
  v1::ConnectionConfig config;
  config.set_enabled(true);
  v1::SyncResources& sync = *config.mutable_sync();
  sync.set_issues(true);
  sync.set_projects(true);
  sync.set_users(true);
  sync.set_comments(true);
  sync.set_worklogs(false);
  for (const auto& [source, attribute] : kDefaultMapping) {
    v1::FieldMapping& mapping = *config.add_field_mapping();
    mapping.set_source(source);
    mapping.set_attribute(attribute);
  }
  config.add_contact_source("reporter");
  config.set_last_ticket(v1::LAST_TICKET_UPDATED);
  config.set_backfill_events(v1::BACKFILL_EVENTS_NONE);
  config.set_on_ambiguous(v1::RESEND);
  config.set_sync_interval_s(15 * 60);
  config.mutable_comments()->set_max_characters(kDefaultMaxCharacters);
  config.mutable_milestones()->set_versions(true);
  config.mutable_milestones()->set_sprints(true);
  config.mutable_milestones()->set_mode(v1::MILESTONE_EVENT);
  config.mutable_retention()->set_ledger_days(30);
  config.mutable_retention()->set_dead_letter_days(30);
  config.mutable_retention()->set_quarantine_days(7);
  config.set_log_level("info");
  config.mutable_capacity()->set_snapshot_hour(kDefaultSnapshotHour);
  config.set_stream_high_water(kDefaultHighWater);
  return config;
}

absl::StatusOr<v1::ConnectionConfig> ParseConnectionConfig(std::string_view yaml) {
  auto document = ParseYaml(yaml);
  if (!document.ok()) return std::move(document).status();
  v1::ConnectionConfig config = DefaultConnectionConfig();
  Problems problems;
  Section root(&*document, "", problems);
  Section connectors = root.Child("connectors");
  ReadJira(connectors.Child("jira"), config, problems);
  connectors.Finish();
  ReadMapping(root, config, problems);
  root.Finish();
  CheckExtId(*document, config, problems);
  if (!problems.Empty()) return problems.ToStatus();
  return config;
}

}  // namespace tajo::config
