#pragma once

#include <span>
#include <string>
#include <string_view>

#include "simulators/jira/json_writer.h"
#include "simulators/jira/model.h"
#include "simulators/jira/world.h"
#include "simulators/jira/zone.h"

namespace tajo::jira_sim {

// For whom an answer is written.
struct Style {
  std::string base;            // of self links: the site, or the gateway with its cloud id
  int api = 3;                 // 3: rich text as ADF; 2: as wiki markup
  bool without_email = false;  // as the actor of a webhook
  const Zone* zone = nullptr;
};

void WritePerson(JsonWriter& json, const World& world, UserIndex user, const Style& style);
// null for nobody
void WritePersonOrNull(JsonWriter& json, const World& world, UserIndex user, const Style& style);
void WriteStatus(JsonWriter& json, uint8_t status, const Style& style);
void WritePriority(JsonWriter& json, uint8_t priority, const Style& style);
void WriteResolution(JsonWriter& json, uint8_t resolution, const Style& style);
void WriteIssueType(JsonWriter& json, uint8_t type, const Style& style);
void WriteProject(JsonWriter& json, const Project& project, const Style& style);
void WriteVersion(JsonWriter& json, const World& world, const Version& version, Millis now, const Style& style);
void WriteSprint(JsonWriter& json, const Sprint& sprint, const Style& style);
// As the sprint field of an issue has it: without self.
void WriteSprintValue(JsonWriter& json, const Sprint& sprint);
void WriteComment(JsonWriter& json, const World& world, IssueIndex issue, const Comment& comment, const Style& style,
                  bool with_properties);
void WriteWorklog(JsonWriter& json, const World& world, const Worklog& worklog, const Style& style);
// The id stands as a string in REST and so do from and to.
void WriteHistory(JsonWriter& json, const World& world, const History& history, const Style& style);
// Only webhooks name accounts in tmpFromAccountId and tmpToAccountId too.
enum class Medium : uint8_t { kRest, kWebhook };
void WriteHistoryItems(JsonWriter& json, std::span<const HistoryItem> items, Medium medium);
// Plain text as ADF (api 3) or as it is (api 2); null for none.
void WriteRichText(JsonWriter& json, std::string_view text, const Style& style);
// "1h 30m"
std::string FormatSpent(int64_t seconds);

}  // namespace tajo::jira_sim
