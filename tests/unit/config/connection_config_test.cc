#include "common/config/connection_config.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "common/base/error.h"
#include "tajo/jira/v1/connection.pb.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::config {
namespace {

namespace v1 = ::tajo::jira::v1;

// As it stands on the product page.
constexpr std::string_view kPage = R"(connectors:
  jira:
    enabled: true
    site_url: "your-domain.atlassian.net"
    auth_type: "oauth2"        # or "basic"
    sync: {issues: true, projects: true, users: true, comments: true, worklogs: false}
    projects:
      - {key: "SUPPORT", sync_to_list: 22}
      - {key: "PRODUCT", sync_to_list: 23}
    issue_types: [Bug, Story, Task, Support Request]
    debug: true
    log_level: verbose
    log_api_calls: true
field_mapping:
  accountId: JIRA_ACCOUNT_ID
  emailAddress: email
  displayName: FIRSTNAME
  issue_key: LAST_TICKET_KEY
  issue_status: LAST_TICKET_STATUS
  issue_priority: LAST_TICKET_PRIORITY
  issue_created: LAST_TICKET_DATE
  resolution: LAST_TICKET_RESOLUTION
)";

constexpr std::string_view kExtended = R"(connectors:
  jira:
    enabled: true
    site_url: http://127.0.0.1:8081
    auth_type: basic
    sync:
      worklogs: true
      comments: no
    projects:
      - key: SUPPORT
    jql: 'labels = "order by" AND (priority in (High, Highest))'
    contact_source: [customfield_10050, Customer e-mail, reporter]
    last_ticket: created
    backfill_events: all
    on_ambiguous: hold
    sync_interval: 1h30m
    comments: {max_characters: 500}
    milestones:
      versions: false
      sprints: true
      mode: campaign
      campaign:
        template_id: 12
        subject: "{name} is out"
        sender: {email: news@example.com, name: Example}
        list_ids: [5, 6]
        folder: Releases
    retention: {ledger_days: 60, dead_letter_days: 14, quarantine_days: 3}
    ext_id_from: JIRA_ACCOUNT_ID
    stream_high_water: 5000
field_mapping:
  accountId: JIRA_ACCOUNT_ID
  emailAddress: EMAIL
  customfield_10016: STORY_POINTS
  Severity: SEVERITY
)";

v1::ConnectionConfig Parse(std::string_view yaml) {
  auto config = ParseConnectionConfig(yaml);
  EXPECT_TRUE(config.ok()) << config.status();
  return config.ok() ? *std::move(config) : v1::ConnectionConfig();
}

std::string Jira(std::string_view line) {
  return fmt::format("connectors:\n  jira:\n    {}\n", line);
}

void ExpectRefused(std::string_view yaml, std::string_view message) {
  const auto config = ParseConnectionConfig(yaml);
  EXPECT_EQ(base::ReasonOf(config.status()), v1::CONFIG_INVALID) << yaml;
  EXPECT_EQ(std::string(config.status().message()), message);
}

TEST(ParseConnectionConfig, yaml_of_the_product_page_is_read) {
  const v1::ConnectionConfig config = Parse(kPage);
  EXPECT_TRUE(config.enabled());
  EXPECT_EQ(config.site_url(), "https://your-domain.atlassian.net");
  EXPECT_EQ(config.auth_type(), v1::OAUTH2);
  EXPECT_TRUE(config.sync().issues() && config.sync().projects() && config.sync().users() && config.sync().comments());
  EXPECT_FALSE(config.sync().worklogs());
  ASSERT_EQ(config.projects_size(), 2);
  EXPECT_EQ(config.projects(0).key(), "SUPPORT");
  EXPECT_EQ(config.projects(0).sync_to_list(), 22);
  EXPECT_EQ(config.projects(1).key(), "PRODUCT");
  EXPECT_EQ(config.projects(1).sync_to_list(), 23);
  ASSERT_EQ(config.issue_types_size(), 4);
  EXPECT_EQ(config.issue_types(3), "Support Request");
  EXPECT_TRUE(config.debug());
  EXPECT_EQ(config.log_level(), "verbose");
  EXPECT_TRUE(config.log_api_calls());
  ASSERT_EQ(config.field_mapping_size(), 8);
  EXPECT_EQ(config.field_mapping(1).source(), "emailAddress");
  EXPECT_EQ(config.field_mapping(1).attribute(), "email");
  EXPECT_EQ(config.field_mapping(7).source(), "resolution");
  EXPECT_EQ(config.field_mapping(7).attribute(), "LAST_TICKET_RESOLUTION");
}

TEST(ParseConnectionConfig, nothing_gives_the_defaults) {
  for (const char* yaml : {"", "connectors:\n", "connectors:\n  jira:\n",
                           "connectors: {jira: {sync: ~, projects: ~, jql: }}\n", "field_mapping:\n"}) {
    EXPECT_EQ(Parse(yaml).SerializeAsString(), DefaultConnectionConfig().SerializeAsString()) << yaml;
  }
}

TEST(DefaultConnectionConfig, is_the_page_s_mapping_and_the_design_s_values) {
  const v1::ConnectionConfig config = DefaultConnectionConfig();
  EXPECT_EQ(config.field_mapping_size(), 8);
  const v1::ConnectionConfig page = Parse(kPage);
  for (int i = 0; i < 8; ++i) {
    EXPECT_EQ(config.field_mapping(i).SerializeAsString(), page.field_mapping(i).SerializeAsString());
  }
  EXPECT_TRUE(config.enabled());
  EXPECT_EQ(config.auth_type(), v1::AUTH_TYPE_UNSPECIFIED);
  ASSERT_EQ(config.contact_source_size(), 1);
  EXPECT_EQ(config.contact_source(0), "reporter");
  EXPECT_EQ(config.last_ticket(), v1::LAST_TICKET_UPDATED);
  EXPECT_EQ(config.backfill_events(), v1::BACKFILL_EVENTS_NONE);
  EXPECT_EQ(config.on_ambiguous(), v1::RESEND);
  EXPECT_EQ(config.sync_interval_s(), 900);
  EXPECT_EQ(config.retention().ledger_days(), 30);
  EXPECT_EQ(config.retention().quarantine_days(), 7);
  EXPECT_TRUE(config.milestones().versions() && config.milestones().sprints());
  EXPECT_EQ(config.milestones().mode(), v1::MILESTONE_EVENT);
  EXPECT_FALSE(config.sync().worklogs());
}

TEST(ParseConnectionConfig, extensions_are_read) {
  const v1::ConnectionConfig config = Parse(kExtended);
  EXPECT_EQ(config.site_url(), "http://127.0.0.1:8081");
  EXPECT_EQ(config.auth_type(), v1::BASIC);
  EXPECT_TRUE(config.sync().worklogs());
  EXPECT_FALSE(config.sync().comments());
  EXPECT_TRUE(config.sync().issues());
  EXPECT_EQ(config.projects(0).sync_to_list(), 0);
  EXPECT_EQ(config.jql(), R"(labels = "order by" AND (priority in (High, Highest)))");
  ASSERT_EQ(config.contact_source_size(), 3);
  EXPECT_EQ(config.contact_source(1), "Customer e-mail");
  EXPECT_EQ(config.last_ticket(), v1::LAST_TICKET_CREATED);
  EXPECT_EQ(config.backfill_events(), v1::BACKFILL_EVENTS_ALL);
  EXPECT_EQ(config.on_ambiguous(), v1::HOLD);
  EXPECT_EQ(config.sync_interval_s(), 5400);
  EXPECT_EQ(config.comments().max_characters(), 500);
  EXPECT_FALSE(config.milestones().versions());
  EXPECT_TRUE(config.milestones().sprints());
  EXPECT_EQ(config.milestones().mode(), v1::MILESTONE_CAMPAIGN);
  const v1::CampaignSettings& campaign = config.milestones().campaign();
  EXPECT_EQ(campaign.template_id(), 12);
  EXPECT_EQ(campaign.subject(), "{name} is out");
  EXPECT_EQ(campaign.sender_email(), "news@example.com");
  EXPECT_EQ(campaign.sender_name(), "Example");
  ASSERT_EQ(campaign.list_ids_size(), 2);
  EXPECT_EQ(campaign.list_ids(1), 6);
  EXPECT_EQ(campaign.folder(), "Releases");
  EXPECT_EQ(config.retention().ledger_days(), 60);
  EXPECT_EQ(config.retention().dead_letter_days(), 14);
  EXPECT_EQ(config.retention().quarantine_days(), 3);
  EXPECT_EQ(config.ext_id_from(), "JIRA_ACCOUNT_ID");
  EXPECT_EQ(config.stream_high_water(), 5000);
  ASSERT_EQ(config.field_mapping_size(), 4);
  EXPECT_EQ(config.field_mapping(1).attribute(), "email");
  EXPECT_EQ(config.field_mapping(3).source(), "Severity");
}

TEST(ParseConnectionConfig, unknown_keys_are_refused_with_line_and_nearest_key) {
  ExpectRefused(Jira("project: []"), "line 3: connectors.jira.project: no such key: did you mean 'projects'?");
  ExpectRefused("connectors:\n  jria: {}\n", "line 2: connectors.jria: no such key: did you mean 'jira'?");
  ExpectRefused("conectors: {}\n", "line 1: conectors: no such key: did you mean 'connectors'?");
  ExpectRefused(Jira("sync: {isues: true}"), "line 3: connectors.jira.sync.isues: no such key: did you mean 'issues'?");
  ExpectRefused(Jira("projects: [{key: SUPPORT, list: 3}]"),
                "line 3: connectors.jira.projects[0].list: no such key: did you mean 'sync_to_list'?");
  ExpectRefused(Jira("colour: red"), "line 3: connectors.jira.colour: no such key");
}

TEST(ParseConnectionConfig, connection_that_is_to_rest_is_paused_not_disabled) {
  ExpectRefused(Jira("enabled: false"),
                "line 3: connectors.jira.enabled: a config switches nothing off: pause the connection (tajo connectors "
                "update jira --pause), or remove it (tajo connectors remove jira)");
  EXPECT_TRUE(Parse(Jira("enabled: true")).enabled());
}

TEST(ParseConnectionConfig, sync_without_issues_is_refused) {
  ExpectRefused(Jira("sync: {issues: false, users: false}"),
                "line 3: connectors.jira.sync.issues: all else hangs on issues: to limit them use projects, "
                "issue_types or jql");
  EXPECT_FALSE(Parse(Jira("sync: {users: false}")).sync().users());
}

TEST(ParseConnectionConfig, wrong_types_are_refused) {
  ExpectRefused(Jira("enabled: 1"), "line 3: connectors.jira.enabled: expected true or false, found '1'");
  ExpectRefused(Jira("enabled: 'true'"),
                "line 3: connectors.jira.enabled: expected true or false, found a text in quotes");
  ExpectRefused(Jira("sync: all"), "line 3: connectors.jira.sync: expected keys and values, found 'all'");
  ExpectRefused(Jira("projects: {key: SUPPORT}"),
                "line 3: connectors.jira.projects: expected a list, found keys and values");
  ExpectRefused(Jira("projects: [SUPPORT]"),
                "line 3: connectors.jira.projects[0]: expected keys and values, found 'SUPPORT'");
  ExpectRefused(Jira("issue_types: Bug"), "line 3: connectors.jira.issue_types: expected a list, found 'Bug'");
  ExpectRefused(Jira("issue_types: [[Bug]]"), "line 3: connectors.jira.issue_types[0]: expected a text, found a list");
  ExpectRefused(Jira("projects: [{key: SUPPORT, sync_to_list: \"22\"}]"),
                "line 3: connectors.jira.projects[0].sync_to_list: expected a whole number, found a text in quotes");
  ExpectRefused("- a\n", "line 1: expected keys and values, found a list");
  ExpectRefused("field_mapping: [a]\n", "line 1: field_mapping: expected keys and values, found a list");
  ExpectRefused(
      "field_mapping: {issue_key: }\n",
      "line 1: field_mapping.issue_key: expected an attribute name, or {attribute: NAME, ...}, found nothing");
}

TEST(ParseConnectionConfig, campaigns_are_checked) {
  const auto campaign = [](std::string_view settings) {
    return Jira(fmt::format("milestones:\n      mode: campaign\n      campaign: {{{}}}", settings));
  };
  EXPECT_TRUE(ParseConnectionConfig(campaign("template_id: 12, subject: Out, sender: {id: 3}")).ok());
  EXPECT_TRUE(ParseConnectionConfig(campaign("html: <p>Out</p>, subject: Out, sender: {email: a@example.com}")).ok());
  ExpectRefused(Jira("milestones: {mode: mail}"),
                "line 3: connectors.jira.milestones.mode: expected one of event, campaign, found 'mail'");
  ExpectRefused(Jira("milestones: {mode: campaign}"),
                "line 3: connectors.jira.milestones.campaign: needs either template_id or html; "
                "line 3: connectors.jira.milestones.campaign: needs a subject; "
                "line 3: connectors.jira.milestones.campaign: needs a sender with either email or id");
  ExpectRefused(campaign("template_id: 12, html: x, subject: Out, sender: {id: 3}"),
                "line 5: connectors.jira.milestones.campaign: needs either template_id or html");
  ExpectRefused(campaign("template_id: 12, subject: Out, sender: {id: 3, email: a@example.com}"),
                "line 5: connectors.jira.milestones.campaign: needs a sender with either email or id");
  ExpectRefused(campaign("template_id: 12, subject: Out, sender: {id: 3, name: A}"),
                "line 5: connectors.jira.milestones.campaign: takes a sender's name only with its email");
  ExpectRefused(campaign("template_id: 12, subject: Out, sender: {email: nobody}"),
                "line 5: connectors.jira.milestones.campaign.sender.email: isn't an e-mail address");
  ExpectRefused(campaign("template_id: 12, subject: Out, sender: {id: 3}, list_ids: [5, x, 5]"),
                "line 5: connectors.jira.milestones.campaign.list_ids[1]: 'x' isn't a list's number; "
                "line 5: connectors.jira.milestones.campaign.list_ids[2]: list 5 stands here twice");
  ExpectRefused(campaign("templateid: 12, html: x, subject: Out, sender: {id: 3}"),
                "line 5: connectors.jira.milestones.campaign.templateid: no such key: did you mean 'template_id'?");
}

TEST(ParseConnectionConfig, project_keys_and_lists_are_checked) {
  ExpectRefused(
      Jira("projects: [{key: SUPPORT}, {key: support}]"),
      "line 3: connectors.jira.projects[1].key: 'support' isn't a project key like SUPPORT (capitals, digits and _)");
  ExpectRefused(Jira("projects: [{sync_to_list: 22}]"), "line 3: connectors.jira.projects[0].key: is missing");
  ExpectRefused(Jira("projects: [{key: SUPPORT}, {key: SUPPORT}]"),
                "line 3: connectors.jira.projects[1].key: the same project stands here twice");
  ExpectRefused(Jira("projects: [{key: SUPPORT, sync_to_list: 0}]"),
                "line 3: connectors.jira.projects[0].sync_to_list: 0 isn't from 1 to 9223372036854775807");
  for (const char* key : {"1AB", "_AB", "A B", "A-B", "S", "SUPPÖRT"}) {
    EXPECT_FALSE(ParseConnectionConfig(Jira(fmt::format("projects: [{{key: {}}}]", key))).ok()) << key;
  }
}

TEST(ParseConnectionConfig, jql_that_cant_be_a_filter_is_refused) {
  constexpr char kOrder[] =
      "line 3: connectors.jira.jql: ORDER BY isn't part of a filter: leave it out, the connector orders by itself";
  ExpectRefused(Jira("jql: project = SUPPORT ORDER BY updated"), kOrder);
  ExpectRefused(Jira("jql: project = SUPPORT order   by updated"), kOrder);
  ExpectRefused(Jira("jql: \"project = SUPPORT Order\\n\\tBy updated\""), kOrder);
  ExpectRefused(Jira("jql: project = A) OR (project = B"),
                "line 3: connectors.jira.jql: a bracket is closed that was never opened");
  ExpectRefused(Jira("jql: (project = A"), "line 3: connectors.jira.jql: a bracket is never closed");
  ExpectRefused(Jira("jql: 'summary ~ \"x'"), "line 3: connectors.jira.jql: a quote (\") is never closed");
}

TEST(ParseConnectionConfig, words_order_and_by_in_quotes_or_names_are_fine) {
  for (const char* jql :
       {R"('summary ~ "order by"')", "orderby = 1", "labels = border AND by = 1", R"("labels = 'order by'")",
        R"('text ~ "say \"order by\" (" AND a = 1')", "order = 1 AND by = 2"}) {
    EXPECT_TRUE(ParseConnectionConfig(Jira(fmt::format("jql: {}", jql))).ok()) << jql;
  }
}

TEST(ParseConnectionConfig, sites_are_normalised) {
  const std::pair<const char*, const char*> cases[] = {
      {"Your-Domain.Atlassian.net", "https://your-domain.atlassian.net"},
      {"https://your-domain.atlassian.net/", "https://your-domain.atlassian.net"},
      {"https://your-domain.atlassian.net/jira/projects?a=b", "https://your-domain.atlassian.net"},
      {"HTTP://localhost:8080", "http://localhost:8080"},
  };
  for (const auto& [url, site] : cases) EXPECT_EQ(Parse(Jira(fmt::format("site_url: '{}'", url))).site_url(), site);
}

TEST(ParseConnectionConfig, what_isnt_a_site_is_refused_and_not_repeated) {
  for (const char* url :
       {"ftp://x.net", "https://", "https://me:hunter2@x.net", "a b", "x.net:0", "x.net:99999", ".x", "https://x:y"}) {
    ExpectRefused(Jira(fmt::format("site_url: '{}'", url)),
                  "line 3: connectors.jira.site_url: isn't a site like your-domain.atlassian.net");
  }
}

TEST(ParseConnectionConfig, words_and_bounds_are_checked) {
  ExpectRefused(Jira("auth_type: oauth"),
                "line 3: connectors.jira.auth_type: expected one of oauth2, basic, found 'oauth'");
  ExpectRefused(Jira("last_ticket: newest"),
                "line 3: connectors.jira.last_ticket: expected one of updated, created, found 'newest'");
  ExpectRefused(Jira("backfill_events: yes"),
                "line 3: connectors.jira.backfill_events: expected one of none, all, found 'yes'");
  ExpectRefused(Jira("on_ambiguous: retry"),
                "line 3: connectors.jira.on_ambiguous: expected one of resend, hold, skip, found 'retry'");
  ExpectRefused(Jira("sync_interval: 15"),
                "line 3: connectors.jira.sync_interval: expected a duration like 90s, 15m or 2h, found '15'");
  ExpectRefused(Jira("sync_interval: 1s"), "line 3: connectors.jira.sync_interval: 1s isn't from 10s to 1d");
  ExpectRefused(Jira("comments: {max_characters: 0}"),
                "line 3: connectors.jira.comments.max_characters: 0 isn't from 1 to 10000");
  ExpectRefused(Jira("retention: {quarantine_days: 31}"),
                "line 3: connectors.jira.retention.quarantine_days: 31 isn't from 1 to 30");
}

TEST(ParseConnectionConfig, attributes_are_checked) {
  ExpectRefused(
      "field_mapping:\n  issue_key: Last_Ticket\n",
      "line 2: field_mapping.issue_key: 'Last_Ticket' isn't an attribute name like LAST_TICKET_KEY (capitals, digits "
      "and _)");
  ExpectRefused("field_mapping:\n  issue_key: email\n",
                "line 2: field_mapping.issue_key: only emailAddress can be the contact's e-mail");
  ExpectRefused("field_mapping:\n  issue_key: KEY\n  issue_type: KEY\n",
                "line 3: field_mapping.issue_type: two sources go to 'KEY'");
  ExpectRefused("field_mapping:\n  accountId: EXT_ID\n",
                "line 2: field_mapping.accountId: EXT_ID is an identifier of Brevo, not an attribute: use ext_id_from");
}

TEST(ParseConnectionConfig, mistyped_sources_are_refused_with_the_nearest) {
  ExpectRefused("field_mapping: {issue_stauts: STATUS}\n",
                "line 1: field_mapping.issue_stauts: no such source 'issue_stauts': did you mean 'issue_status'?");
  ExpectRefused("field_mapping: {status: STATUS}\n",
                "line 1: field_mapping.status: no such source 'status': did you mean 'issue_status'?");
  ExpectRefused("field_mapping: {customfield_x: X}\n",
                "line 1: field_mapping.customfield_x: 'customfield_x' isn't an id like customfield_10050");
  ExpectRefused(Jira("contact_source: [Reporter]"),
                "line 3: connectors.jira.contact_source[0]: no such source 'Reporter': did you mean 'reporter'?");
  ExpectRefused(Jira("contact_source: [reporter, reporter]"),
                "line 3: connectors.jira.contact_source[1]: 'reporter' stands here twice");
  ExpectRefused(Jira("contact_source: [\" \"]"), "line 3: connectors.jira.contact_source[0]: is empty");
}

TEST(ParseConnectionConfig, ext_id_that_isnt_mapped_is_refused) {
  ExpectRefused(Jira("ext_id_from: ACCOUNT"),
                "line 3: connectors.jira.ext_id_from: 'ACCOUNT' isn't an attribute of field_mapping");
  EXPECT_EQ(Parse(Jira("ext_id_from: JIRA_ACCOUNT_ID")).ext_id_from(), "JIRA_ACCOUNT_ID");
}

TEST(ParseConnectionConfig, all_problems_are_told_at_once_and_the_first_is_the_field) {
  const auto config = ParseConnectionConfig(R"(connectors:
  jira:
    enabled: perhaps
    projects:
      - {key: SUPPORT, sync_to_list: 22}
      - {key: product, sync_to_list: -1}
    bogus: 1
field_mapping:
  issue_key: lower
)");
  EXPECT_EQ(
      std::string(config.status().message()),
      "line 3: connectors.jira.enabled: expected true or false, found 'perhaps'; "
      "line 6: connectors.jira.projects[1].key: 'product' isn't a project key like SUPPORT (capitals, digits and _); "
      "line 6: connectors.jira.projects[1].sync_to_list: -1 isn't from 1 to 9223372036854775807; "
      "line 7: connectors.jira.bogus: no such key; "
      "line 9: field_mapping.issue_key: 'lower' isn't an attribute name like LAST_TICKET_KEY (capitals, digits and _)");
  EXPECT_EQ(base::FieldOf(config.status()), "connectors.jira.enabled");
}

TEST(ParseConnectionConfig, many_problems_are_cut) {
  std::string yaml = "connectors:\n  jira:\n";
  for (int i = 0; i < 500; ++i) yaml += fmt::format("    bogus{}: 1\n", i);
  const auto config = ParseConnectionConfig(yaml);
  EXPECT_TRUE(std::string(config.status().message()).ends_with("; and 480 more")) << config.status();
  EXPECT_LT(config.status().message().size(), 2000U);
}

TEST(ParseConnectionConfig, large_deep_or_aliased_texts_are_refused) {
  EXPECT_FALSE(ParseConnectionConfig(std::string(300 * 1024, '#')).ok());
  EXPECT_FALSE(ParseConnectionConfig(std::string(10'000, '[')).ok());
  EXPECT_FALSE(ParseConnectionConfig("a: &a 1\nfield_mapping: *a\n").ok());
}

constexpr std::string_view kMapped = R"(connectors:
  jira:
    capacity: {snapshot_to: lead@example.com, snapshot_hour: 7}
    story_points: Effort
field_mapping:
  emailAddress: email
  issue_priority: {attribute: LEVEL, type: category, map: {"Highest": "P1", "High": "P2"}, default: "P3"}
  customfield_10050: {attribute: AREA, type: multiple-choice, options: [Web, Mail]}
  Contract value: {attribute: VALUE, type: float, format: number}
  issue_created: {attribute: CREATED_AT, format: epoch}
  issue_updated: {attribute: UPDATED}
  issue_status: {attribute: OPEN, type: boolean, map: {Done: "false"}, default: "true"}
constants:
  SOURCE: "jira"
  SCORE: 5
  VIP: true
  SINCE: {value: 2026-01-01, type: date}
  KIND: {value: Web, type: category}
)";

TEST(ParseConnectionConfig, mapping_may_be_an_object) {
  const v1::ConnectionConfig config = Parse(kMapped);
  ASSERT_EQ(config.field_mapping_size(), 7);
  const v1::FieldMapping& level = config.field_mapping(1);
  EXPECT_EQ(level.source(), "issue_priority");
  EXPECT_EQ(level.attribute(), "LEVEL");
  EXPECT_EQ(level.type(), v1::ATTRIBUTE_CATEGORY);
  ASSERT_EQ(level.value_map_size(), 2);
  EXPECT_EQ(level.value_map(1).from(), "High");
  EXPECT_EQ(level.value_map(1).to(), "P2");
  EXPECT_EQ(level.default_value(), "P3");
  ASSERT_EQ(level.options_size(), 3) << "what the map and the default can give";
  EXPECT_EQ(level.options(2).label(), "P3");
  EXPECT_EQ(config.field_mapping(2).options_size(), 2);
  EXPECT_EQ(config.field_mapping(3).source(), "Contract value");
  EXPECT_EQ(config.field_mapping(4).type(), v1::ATTRIBUTE_FLOAT) << "an epoch is a number";
  EXPECT_EQ(config.field_mapping(5).type(), v1::ATTRIBUTE_TYPE_UNSPECIFIED);
  ASSERT_EQ(config.constants_size(), 5);
  EXPECT_EQ(config.constants(0).attribute(), "SOURCE");
  EXPECT_EQ(config.constants(0).default_value(), "jira");
  EXPECT_EQ(config.constants(0).type(), v1::ATTRIBUTE_TEXT);
  EXPECT_EQ(config.constants(1).type(), v1::ATTRIBUTE_FLOAT);
  EXPECT_EQ(config.constants(2).type(), v1::ATTRIBUTE_BOOLEAN);
  EXPECT_EQ(config.constants(3).type(), v1::ATTRIBUTE_DATE);
  EXPECT_EQ(config.constants(4).options(0).label(), "Web");
  EXPECT_EQ(config.capacity().snapshot_to(), "lead@example.com");
  EXPECT_EQ(config.capacity().snapshot_hour(), 7);
  EXPECT_EQ(config.story_points(), "Effort");
}

// A line of a mapping, and what is said of it.
struct BadMapping {
  std::string_view yaml;
  std::string_view complaint;
};

TEST(ParseConnectionConfig, mapping_that_could_never_be_written_is_refused_with_its_line) {
  constexpr BadMapping kBad[] = {
      {"field_mapping: {issue_key: {type: text}}", "line 1: field_mapping.issue_key.attribute: is missing"},
      {"field_mapping:\n  issue_key: {attribute: A, typ: text}",
       "line 2: field_mapping.issue_key.typ: no such key: did you mean 'type'?"},
      {"field_mapping: {customfield_1: {attribute: A, type: integer}}",
       "line 1: field_mapping.customfield_1.type: Brevo has no 'integer' attributes: use float"},
      {"field_mapping: {customfield_1: {attribute: A, type: blob}}",
       "line 1: field_mapping.customfield_1.type: expected one of text, float, date, boolean, category, "
       "multiple-choice, found 'blob'"},
      {"field_mapping: {issue_created: {attribute: A, type: date, format: iso8601}}",
       "line 1: field_mapping.issue_created.format: Brevo's dates are yyyy-mm-dd and nothing else: use type text, or "
       "float for epoch"},
      {"field_mapping: {customfield_1: {attribute: A, type: float, format: date}}",
       "line 1: field_mapping.customfield_1.format: isn't a number: use epoch or number, or type text"},
      {"field_mapping: {customfield_1: {attribute: A, type: boolean, format: number}}",
       "line 1: field_mapping.customfield_1.format: is for text, float and date only"},
      {"field_mapping: {issue_created: {attribute: A, type: float}}",
       "line 1: field_mapping.issue_created.type: issue_created is a time: use date, text, or float with format epoch"},
      {"field_mapping: {issue_key: {attribute: A, type: float}}",
       "line 1: field_mapping.issue_key.type: issue_key is a text: use type text, or a map"},
      {"field_mapping:\n  issue_status: {attribute: A, type: float, map: {Done:\n many}}",
       "line 2: field_mapping.issue_status.map.Done: 'many' isn't a number like 12.5"},
      {"field_mapping: {customfield_1: {attribute: A, type: date, default: 2026-02-30}}",
       "line 1: field_mapping.customfield_1.default: '2026-02-30' isn't a date like 2026-03-26"},
      {"field_mapping: {customfield_1: {attribute: A, type: category, options: [x], default: y}}",
       "line 1: field_mapping.customfield_1.default: 'y' isn't one of the options"},
      {"field_mapping: {customfield_1: {attribute: A, type: text, options: [x]}}",
       "line 1: field_mapping.customfield_1.options: are for the types category and multiple-choice only"},
      {"field_mapping: {customfield_1: {attribute: A, map: {x: [y]}}}",
       "line 1: field_mapping.customfield_1.map.x: expected a single value, found a list"},
      {"field_mapping: {emailAddress: {attribute: email, default: x@example.com}}",
       "line 1: field_mapping.emailAddress.attribute: the contact's e-mail is taken as it is: leave out the other "
       "keys"},
      {"field_mapping: {issue_key: A, issue_type: {attribute: A}}",
       "line 1: field_mapping.issue_type: two sources go to 'A'"},
      {"constants: {FIRSTNAME: x}", "line 1: constants.FIRSTNAME: field_mapping fills 'FIRSTNAME' already"},
      {"constants: {EMAIL: x}", "line 1: constants.EMAIL: the contact's e-mail comes from its ticket"},
      {"constants: {A: [x]}", "line 1: constants.A: expected a value, or {value: ..., type: ...}, found a list"},
      {"constants: {A: {type: text}}", "line 1: constants.A.value: is missing"},
      {"constants: {A: {value: x, type: boolean}}", "line 1: constants.A.value: 'x' isn't true or false"},
      {"connectors: {jira: {capacity: {snapshot_to: lead}}}",
       "line 1: connectors.jira.capacity.snapshot_to: isn't an e-mail or an account id of Jira"},
      {"connectors: {jira: {capacity: {snapshot_hour: 24}}}",
       "line 1: connectors.jira.capacity.snapshot_hour: 24 isn't from 0 to 23"},
  };
  for (const BadMapping& bad : kBad) {
    const auto config = ParseConnectionConfig(bad.yaml);
    EXPECT_EQ(std::string(config.status().message()), bad.complaint) << bad.yaml;
  }
}

TEST(ConnectionConfigToYaml, reads_back_as_the_same_config) {
  for (const std::string_view yaml : {kPage, kExtended, kMapped, std::string_view()}) {
    const v1::ConnectionConfig config = Parse(yaml);
    const std::string written = ConnectionConfigToYaml(config);
    EXPECT_EQ(Parse(written).SerializeAsString(), config.SerializeAsString()) << written;
  }
}

TEST(ConnectionConfigToYaml, names_that_look_like_other_types_stay_texts) {
  v1::ConnectionConfig config = DefaultConnectionConfig();
  for (const char* name : {"true", "null", "~", "22", "Störung: \"a\"", "- x", "#1"}) config.add_issue_types(name);
  EXPECT_EQ(Parse(ConnectionConfigToYaml(config)).SerializeAsString(), config.SerializeAsString());
}

}  // namespace
}  // namespace tajo::config
