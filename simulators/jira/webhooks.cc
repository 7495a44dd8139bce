#include "simulators/jira/webhooks.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "common/base/ascii.h"
#include "common/crypto/digest.h"
#include "common/crypto/jwt.h"
#include "simulators/jira/webhook_body.h"

namespace tajo::jira_sim {
namespace {

constexpr std::array<std::string_view, 20> kDynamicEvents{
    "jira:issue_created", "jira:issue_updated",    "jira:issue_deleted",      "comment_created",
    "comment_updated",    "comment_deleted",       "issue_property_set",      "issue_property_deleted",
    "sprint_created",     "sprint_updated",        "sprint_closed",           "sprint_deleted",
    "sprint_started",     "jira:version_released", "jira:version_unreleased", "jira:version_created",
    "jira:version_moved", "jira:version_updated",  "jira:version_merged",     "jira:version_deleted"};
constexpr std::array<std::string_view, 9> kFilterFields{"issuekey", "key",      "project",  "issuetype", "status",
                                                        "assignee", "reporter", "priority", "type"};

void CheckFilter(const jql::Node& node, std::vector<std::string>& problems) {
  for (const jql::Node& child : node.children) CheckFilter(child, problems);
  if (node.kind != jql::Node::Kind::kTerm) return;
  if (std::find(kFilterFields.begin(), kFilterFields.end(), base::LowerCase(node.field)) == kFilterFields.end()) {
    problems.push_back(fmt::format("The clause '{}' is unsupported in the webhook JQL filter.", node.field));
  }
  const bool empty = std::any_of(node.operands.begin(), node.operands.end(),
                                 [](const auto& operand) { return operand.kind != jql::Operand::Kind::kLiteral; });
  const bool supported = node.op == jql::Operator::kEq || node.op == jql::Operator::kNe ||
                         node.op == jql::Operator::kIn || node.op == jql::Operator::kNotIn;
  if (!supported || empty) {
    problems.push_back(fmt::format("The operator '{}' is unsupported in the webhook JQL filter.", jql::Text(node.op)));
  }
}

bool Holds(const std::vector<std::string>& all, std::string_view one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

}  // namespace

int64_t Webhooks::Add(Registration registration) {
  registration.id = next_id_++;
  registrations_.push_back(std::move(registration));
  return registrations_.back().id;
}

bool Webhooks::Remove(int64_t id, Registration::Surface surface, std::optional<int64_t> grant) {
  return std::erase_if(registrations_, [&](const Registration& one) {
           return one.id == id && one.surface == surface && (!grant || one.grant == *grant);
         }) > 0;
}

Registration* Webhooks::Find(int64_t id) {
  const auto found =
      std::find_if(registrations_.begin(), registrations_.end(), [id](const auto& one) { return one.id == id; });
  return found == registrations_.end() ? nullptr : &*found;
}

std::vector<std::string> Webhooks::Problems(const std::vector<std::string>& events, std::string_view jql,
                                            const jql::Context& context) {
  std::vector<std::string> problems;
  for (const std::string& event : events) {
    if (std::find(kDynamicEvents.begin(), kDynamicEvents.end(), event) == kDynamicEvents.end()) {
      problems.push_back(fmt::format("The event '{}' is not supported for dynamic webhooks.", event));
    }
  }
  if (events.empty()) problems.emplace_back("At least one event must be specified.");
  const auto statement = jql::Parse(jql);
  if (!statement.ok()) {
    problems.push_back(std::string(statement.status().message()));
    return problems;
  }
  if (!statement->order.empty()) problems.emplace_back("ORDER BY is unsupported in the webhook JQL filter.");
  if (statement->bounded) CheckFilter(statement->where, problems);
  if (problems.empty()) {
    const auto query = jql::Query::Compile(jql, context, jql::Query::Bounds::kOptional);
    if (!query.ok()) problems.push_back(std::string(query.status().message()));
  }
  return problems;
}

bool Webhooks::Concerns(const Registration& registration, const Happening& happening) const {
  if (!registration.enabled || !Holds(registration.events, WebhookEvent(happening))) return false;
  if (registration.expires != 0 && registration.expires <= happening.time) return false;  // expires in silence
  if (!IsAboutIssue(happening)) return true;
  if (registration.filter && !registration.filter->Matches(world_, happening.issue, happening.row)) return false;
  const bool property =
      happening.kind == Happening::Kind::kPropertySet || happening.kind == Happening::Kind::kPropertyDeleted;
  if (property && !registration.property_keys.empty() && !Holds(registration.property_keys, happening.property)) {
    return false;
  }
  if (happening.kind != Happening::Kind::kIssueUpdated || registration.field_ids.empty()) return true;
  return happening.history &&
         std::any_of(happening.history->items.begin(), happening.history->items.end(),
                     [&](const auto& item) { return Holds(registration.field_ids, item.field_id); });
}

void Webhooks::On(const Happening& happening) {
  if (deliveries_ == nullptr) return;
  std::string body;  // made once for all
  const Registration* dynamic = nullptr;
  std::string matched;
  for (const Registration& registration : registrations_) {
    if (!Concerns(registration, happening)) continue;
    if (body.empty()) body = OpenWebhookBody(world_, happening, site_url_, zone_);
    if (registration.surface == Registration::Surface::kDynamic) {
      // An app has one URL: all of its webhooks that match share one delivery.
      dynamic = &registration;
      matched += fmt::format("{}{}", matched.empty() ? "" : ",", registration.id);
      continue;
    }
    Send(happening, registration, body + '}');
  }
  if (dynamic != nullptr) Send(happening, *dynamic, fmt::format("{},\"matchedWebhookIds\":[{}]}}", body, matched));
}

void Webhooks::Send(const Happening& happening, const Registration& registration, std::string body) {
  Delivery delivery;
  delivery.identifier = random_.Hex(16);
  delivery.url = registration.url;
  delivery.event = WebhookEvent(happening);
  delivery.secondary = happening.secondary;
  delivery.happened = happening.time;
  if (registration.surface == Registration::Surface::kDynamic) {
    const int64_t now_s = happening.time / 1000;
    const std::string claims =
        fmt::format(R"({{"iss":"{}","iat":{},"exp":{}}})", options_.client_id, now_s, now_s + 3600);
    delivery.authorization = "Bearer " + crypto::SignJwt(claims, options_.client_secret);
  } else if (!registration.secret.Empty()) {
    delivery.signature = "sha256=" + crypto::Hex(crypto::HmacSha256(registration.secret.Reveal(), body));
  }
  delivery.body = std::move(body);
  deliveries_->Enqueue(std::move(delivery));
}

}  // namespace tajo::jira_sim
