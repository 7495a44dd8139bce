#include "services/gateway/preview.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "common/base/ascii.h"
#include "common/base/error.h"
#include "common/config/connection_config.h"
#include "common/deciding/explain.h"
#include "common/store/erasure.h"
#include "common/store/peek.h"
#include "services/gateway/attributes.h"
#include "services/gateway/directory.h"
#include "services/gateway/problems.h"
#include "services/gateway/render.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::gateway {
namespace {

namespace v1 = ::tajo::jira::v1;

constexpr std::size_t kMostEvents = 50;

const char* WordOf(char ledger) {
  switch (ledger) {
    case 'q':
      return "queued";
    case 's':
      return "sending";
    case 'd':
      return "sent";
    case 'h':
      return "held";
    case 'x':
      return "given up";
    default:
      return "would be sent";
  }
}

std::string FoundBy(const deciding::SourceFinding& finding) {
  if (!finding.found) return "nobody";
  return finding.found->email.empty() ? "an account without an e-mail" : "an e-mail";
}

// `config` names custom fields as its author did, the rules by their ids, in the same order.
void ShowSources(const IssueReading& reading, const v1::ConnectionConfig& config, const deciding::Rules& rules,
                 v1::PreviewMappingResponse& response) {
  for (const auto& finding : deciding::FindingsOf(reading.Issue(), rules.Config(), reading.Lookup())) {
    const int place = response.sources_size();
    v1::PreviewedSource& shown = *response.add_sources();
    shown.set_source(config.contact_source(place));
    shown.set_found(FoundBy(finding));
    shown.set_chosen(finding.chosen);
    if (finding.chosen) response.set_contact_account_id(finding.found->account_id);
  }
}

void ShowAttributes(const v1::DesiredContact& desired, const v1::ConnectionConfig& config,
                    v1::PreviewMappingResponse& response) {
  for (const auto& mapping : config.field_mapping()) {
    const auto value = desired.attributes().find(mapping.attribute());
    if (value == desired.attributes().end()) continue;
    v1::PreviewedAttribute& shown = *response.add_mapped();
    shown.set_name(mapping.attribute());
    shown.set_source(mapping.source());
    shown.set_value_json(value->second);
    (*response.mutable_attributes())[mapping.attribute()] = value->second;
  }
}

std::string WithoutContact(const v1::PreviewMappingResponse& response) {
  if (!response.admitted()) {
    return fmt::format("the issue is left out by {}", fmt::join(response.refused_by(), " and "));
  }
  if (response.contact_account_id().empty()) return "no place of contact_source names a customer";
  return "the customer's e-mail isn't known: the ticket waits until it is";
}

// As an update would pin it, after it had created what is missing.
void PinPlanned(std::vector<brevo::AttributeDefinition> attributes, v1::ConnectionConfig& config) {
  Problems ignored;  // told with the types
  std::vector<brevo::AttributeDefinition> missing = PlanAttributes(config, attributes, ignored);
  attributes.insert(attributes.end(), missing.begin(), missing.end());
  PinAttributes(attributes, config);
}

// How many events the config's beginning leaves out.
int64_t LeftOut(const IssueReading& reading, v1::ConnectionConfig config, std::size_t kept, int64_t now_ms) {
  config.set_backfill_events(v1::BACKFILL_EVENTS_ALL);
  const deciding::Rules all(std::move(config));
  const auto outcome = deciding::DecideRead(reading.facts, reading.Lookup(), all, now_ms);
  return static_cast<int64_t>(outcome.outbox.size()) - static_cast<int64_t>(kept);
}

}  // namespace

absl::StatusOr<v1::ConnectionConfig> PreviewCall::ConfigFor(const store::ConnectionRecord& record,
                                                            const v1::PreviewMappingRequest& request) {
  if (request.config_yaml().empty()) return record.config;
  TAJO_ASSIGN_OR_RETURN(v1::ConnectionConfig config, config::ParseConnectionConfig(request.config_yaml()));
  config.set_site_url(record.config.site_url());
  config.set_auth_type(record.config.auth_type());
  config.set_events_from_ms(record.config.events_from_ms());
  return config;
}

base::Task<absl::Status> PreviewCall::ShowContact(const store::ConnectionRecord& record,
                                                  const v1::Credentials& credentials, const v1::DesiredContact& desired,
                                                  int64_t rank_ms, v1::PreviewMappingResponse& response) {
  const store::ContactId contact = store::ContactId::OfEmail(desired.email());
  store::Tombstones tombstones{base::Secret(credentials.erasure_key())};
  TAJO_CO_ASSIGN_OR_RETURN(const bool erased, co_await store::IsErased(backend_.redis, record.connection_id, tombstones,
                                                                       contact, desired.account_id()));
  if (erased) {
    response.clear_mapped();
    response.clear_attributes();
    response.clear_list_ids();
    response.set_without_contact("the customer is erased, and stays so");
    co_return absl::OkStatus();
  }
  response.set_contact_email(desired.email());
  TAJO_CO_ASSIGN_OR_RETURN(const store::ContactGlimpse glimpse,
                           co_await store::PeekContact(backend_.redis, record.connection_id, contact));
  const auto mine = std::pair(rank_ms, response.issue_id());
  const auto top = std::pair(glimpse.last_rank_ms, glimpse.last_ticket);
  response.set_is_last_ticket(glimpse.last_ticket == 0 || glimpse.last_ticket == response.issue_id() || mine > top);
  if (glimpse.unsubscribed) {
    response.clear_list_ids();
    response.add_warnings("the customer unsubscribed in Brevo: they are added to no list");
  }
  co_return absl::OkStatus();
}

base::Task<absl::Status> PreviewCall::ShowTimeline(std::string connection_id, std::vector<v1::OutboxEvent> events,
                                                   v1::PreviewMappingResponse& response) {
  std::stable_sort(events.begin(), events.end(),
                   [](const auto& a, const auto& b) { return a.event_ms() < b.event_ms(); });
  if (events.size() > kMostEvents) {
    response.add_warnings(fmt::format("only the newest {} of {} events are shown", kMostEvents, events.size()));
    events.erase(events.begin(), events.end() - static_cast<std::ptrdiff_t>(kMostEvents));
  }
  TAJO_CO_ASSIGN_OR_RETURN(const std::vector<char> ledger,
                           co_await store::PeekLedger(backend_.redis, std::move(connection_id), events));
  for (std::size_t i = 0; i < events.size(); ++i) {
    v1::PreviewedEvent& shown = *response.add_timeline();
    shown.set_name(events[i].name());
    *shown.mutable_at() = TimestampOf(events[i].event_ms());
    shown.set_properties_json(events[i].properties_json());
    shown.set_state(WordOf(ledger[i]));
    response.add_events(events[i].name());
  }
  co_return absl::OkStatus();
}

void PreviewCall::ShowTypes(const Attributes& existing, const v1::ConnectionConfig& config,
                            v1::PreviewMappingResponse& response) {
  if (!existing.ok()) {
    response.add_warnings(fmt::format("Brevo's types aren't known: {}", std::string(existing.status().message())));
    return;
  }
  Problems problems;
  const std::vector<brevo::AttributeDefinition> missing = PlanAttributes(config, *existing, problems);
  if (!problems.Empty()) response.add_warnings(std::string(problems.ToStatus().message()));
  for (v1::PreviewedAttribute& shown : *response.mutable_mapped()) {
    const auto is_it = [&shown](const auto& attribute) {
      return base::EqualsIgnoringCase(attribute.name, shown.name());
    };
    const auto there = std::find_if(existing->begin(), existing->end(), is_it);
    const auto planned = std::find_if(missing.begin(), missing.end(), is_it);
    if (there != existing->end()) shown.set_type(there->type);
    if (planned != missing.end()) shown.set_type(planned->type);
  }
}

base::Task<absl::StatusOr<v1::PreviewMappingResponse>> PreviewCall::Run(Caller caller,
                                                                        v1::PreviewMappingRequest request) {
  TAJO_CO_ASSIGN_OR_RETURN(IssueRef ref, ReadIssueRef(request.issue_key(), "issue_key"));
  TAJO_CO_ASSIGN_OR_RETURN(const store::ConnectionRecord record,
                           co_await FindConnection(backend_.connections, caller, request.connection()));
  TAJO_CO_ASSIGN_OR_RETURN(v1::ConnectionConfig config, ConfigFor(record, request));
  TAJO_CO_ASSIGN_OR_RETURN(const v1::Credentials credentials,
                           co_await backend_.connections.GetCredentials(record.connection_id));
  TAJO_CO_ASSIGN_OR_RETURN(const auto jira, backend_.OpenJira(record.connection_id, record.config, credentials));
  const auto brevo = backend_.OpenBrevo(record.brevo_account_key, credentials);
  const Attributes existing = co_await brevo->Client().Attributes();
  if (existing.ok() && !request.config_yaml().empty()) PinPlanned(*existing, config);
  TAJO_CO_ASSIGN_OR_RETURN(const ReadyRules ready, co_await MakeReady(jira->Live(), config));
  if (!ready.unknown_fields.empty()) {
    co_return base::FieldError(v1::CONFIG_INVALID, "field_mapping",
                               fmt::format("Jira has no field named {}: correct field_mapping or contact_source",
                                           fmt::join(ready.unknown_fields, ", ")));
  }
  store::OwnerStore store(backend_.redis, backend_.clock, record.connection_id, store::LeaseToken());
  auto read = co_await ReadForDeciding(jira->Live(), store, backend_.clock, ready, std::move(ref));
  if (base::ReasonOf(read.status()) == v1::JIRA_NOT_FOUND) {
    co_return base::FieldError(
        v1::JIRA_NOT_FOUND, "issue_key",
        "Jira shows this account no such issue: it doesn't exist, or the account may not see it");
  }
  if (!read.ok()) co_return read.status();
  co_return co_await Show(record, credentials, config, ready, *std::move(read), existing);
}

base::Task<absl::StatusOr<v1::PreviewMappingResponse>> PreviewCall::Show(store::ConnectionRecord record,
                                                                         v1::Credentials credentials,
                                                                         v1::ConnectionConfig config, ReadyRules ready,
                                                                         IssueReading reading, Attributes existing) {
  const int64_t now_ms = base::ToMillis(backend_.clock.Now());
  const v1::Issue& issue = reading.Issue();
  v1::PreviewMappingResponse response;
  response.set_issue_id(issue.id());
  response.set_issue_key(issue.key());
  for (std::string& filter : deciding::FiltersRefusing(issue, config, reading.facts.matches_jql)) {
    response.add_refused_by(std::move(filter));
  }
  response.set_admitted(response.refused_by().empty());
  ShowSources(reading, config, ready.rules, response);
  deciding::Outcome outcome = deciding::DecideRead(reading.facts, reading.Lookup(), ready.rules, now_ms);
  if (!outcome.write || outcome.write->record.contact.IsNone()) {
    response.set_without_contact(WithoutContact(response));
    co_return response;
  }
  ShowAttributes(outcome.write->desired, config, response);
  if (outcome.write->record.list_id != 0) response.add_list_ids(outcome.write->record.list_id);
  TAJO_CO_RETURN_IF_ERROR(
      co_await ShowContact(record, credentials, outcome.write->desired, outcome.write->rank_ms, response));
  if (response.contact_email().empty()) co_return response;
  response.set_events_before_connection(
      static_cast<int32_t>(LeftOut(reading, ready.rules.Config(), outcome.outbox.size(), now_ms)));
  TAJO_CO_RETURN_IF_ERROR(co_await ShowTimeline(record.connection_id, std::move(outcome.outbox), response));
  ShowTypes(existing, config, response);
  co_return response;
}

}  // namespace tajo::gateway
