#pragma once

#include <string>
#include <string_view>

#include "simulators/jira/happening.h"
#include "simulators/jira/render.h"

namespace tajo::jira_sim {

// "jira:issue_updated": the webhookEvent of a happening.
std::string_view WebhookEvent(const Happening& happening);

// Whether a JQL filter of a webhook concerns it.
bool IsAboutIssue(const Happening& happening);

// The body without its closing brace, so that matchedWebhookIds can follow. `site` is the origin of
// self links; rich text is wiki markup, as in all of Jira's webhooks.
std::string OpenWebhookBody(const World& world, const Happening& happening, const std::string& site, const Zone& zone);

}  // namespace tajo::jira_sim
