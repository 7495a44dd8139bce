#include <fmt/format.h>
#include <yaml-cpp/emitter.h>
#include <yaml-cpp/emittermanip.h>

#include <chrono>

#include "common/config/connection_config.h"
#include "common/config/mapping_config.h"
#include "common/config/values.h"
#include "tajo/jira/v1/connection.pb.h"

// How a connection's config is written; how it is read is in connection_config.cc.
namespace tajo::config {
namespace {

namespace v1 = ::tajo::jira::v1;

// Texts stand in quotes, so that none of them reads as a number or as null.
void Text(YAML::Emitter& out, const std::string& text) {
  out << YAML::DoubleQuoted << text;
}

void Member(YAML::Emitter& out, const char* key, const std::string& text) {
  out << YAML::Key << key << YAML::Value;
  Text(out, text);
}

void Member(YAML::Emitter& out, const char* key, bool value) {
  out << YAML::Key << key << YAML::Value << value;
}

void Member(YAML::Emitter& out, const char* key, int64_t value) {
  out << YAML::Key << key << YAML::Value << value;
}

void Word(YAML::Emitter& out, const char* key, const char* word) {
  out << YAML::Key << key << YAML::Value << word;
}

void BeginMember(YAML::Emitter& out, const char* key) {
  out << YAML::Key << key << YAML::Value << YAML::BeginMap;
}

void Names(YAML::Emitter& out, const char* key, const google::protobuf::RepeatedPtrField<std::string>& names) {
  if (names.empty()) return;
  out << YAML::Key << key << YAML::Value << YAML::Flow << YAML::BeginSeq;
  for (const std::string& name : names) Text(out, name);
  out << YAML::EndSeq;
}

void Sync(YAML::Emitter& out, const v1::SyncResources& sync) {
  BeginMember(out, "sync");
  Member(out, "issues", sync.issues());
  Member(out, "projects", sync.projects());
  Member(out, "users", sync.users());
  Member(out, "comments", sync.comments());
  Member(out, "worklogs", sync.worklogs());
  out << YAML::EndMap;
}

void Projects(YAML::Emitter& out, const v1::ConnectionConfig& config) {
  if (config.projects().empty()) return;
  out << YAML::Key << "projects" << YAML::Value << YAML::BeginSeq;
  for (const v1::Project& project : config.projects()) {
    out << YAML::BeginMap;
    Member(out, "key", project.key());
    if (project.sync_to_list() > 0) Member(out, "sync_to_list", project.sync_to_list());
    out << YAML::EndMap;
  }
  out << YAML::EndSeq;
}

const char* OnAmbiguousWord(v1::OnAmbiguous value) {
  if (value == v1::HOLD) return "hold";
  return value == v1::SKIP ? "skip" : "resend";
}

void Campaign(YAML::Emitter& out, const v1::CampaignSettings& campaign) {
  BeginMember(out, "campaign");
  if (campaign.template_id() > 0) Member(out, "template_id", campaign.template_id());
  if (!campaign.html().empty()) Member(out, "html", campaign.html());
  Member(out, "subject", campaign.subject());
  BeginMember(out, "sender");
  if (campaign.sender_id() > 0) Member(out, "id", campaign.sender_id());
  if (!campaign.sender_email().empty()) Member(out, "email", campaign.sender_email());
  if (!campaign.sender_name().empty()) Member(out, "name", campaign.sender_name());
  out << YAML::EndMap;
  if (!campaign.list_ids().empty()) {
    out << YAML::Key << "list_ids" << YAML::Value << YAML::Flow << YAML::BeginSeq;
    for (const int64_t id : campaign.list_ids()) out << id;
    out << YAML::EndSeq;
  }
  if (!campaign.folder().empty()) Member(out, "folder", campaign.folder());
  out << YAML::EndMap;
}

void Milestones(YAML::Emitter& out, const v1::MilestoneSettings& milestones) {
  BeginMember(out, "milestones");
  Member(out, "versions", milestones.versions());
  Member(out, "sprints", milestones.sprints());
  Word(out, "mode", milestones.mode() == v1::MILESTONE_CAMPAIGN ? "campaign" : "event");
  if (milestones.has_campaign()) Campaign(out, milestones.campaign());
  out << YAML::EndMap;
}

void Extensions(YAML::Emitter& out, const v1::ConnectionConfig& config) {
  if (!config.jql().empty()) Member(out, "jql", config.jql());
  Names(out, "contact_source", config.contact_source());
  Word(out, "last_ticket", config.last_ticket() == v1::LAST_TICKET_CREATED ? "created" : "updated");
  Word(out, "backfill_events", config.backfill_events() == v1::BACKFILL_EVENTS_ALL ? "all" : "none");
  Word(out, "on_ambiguous", OnAmbiguousWord(config.on_ambiguous()));
  if (config.sync_interval_s() > 0) {
    Word(out, "sync_interval", FormatDuration(std::chrono::seconds(config.sync_interval_s())).c_str());
  }
  if (config.comments().max_characters() > 0) {
    BeginMember(out, "comments");
    Member(out, "max_characters", int64_t{config.comments().max_characters()});
    out << YAML::EndMap;
  }
  Milestones(out, config.milestones());
  BeginMember(out, "retention");
  const v1::RetentionSettings& retention = config.retention();
  if (retention.ledger_days() > 0) Member(out, "ledger_days", int64_t{retention.ledger_days()});
  if (retention.dead_letter_days() > 0) Member(out, "dead_letter_days", int64_t{retention.dead_letter_days()});
  if (retention.quarantine_days() > 0) Member(out, "quarantine_days", int64_t{retention.quarantine_days()});
  out << YAML::EndMap;
  if (!config.ext_id_from().empty()) Member(out, "ext_id_from", config.ext_id_from());
  BeginMember(out, "capacity");
  if (!config.capacity().snapshot_to().empty()) Member(out, "snapshot_to", config.capacity().snapshot_to());
  Member(out, "snapshot_hour", int64_t{config.capacity().snapshot_hour()});
  out << YAML::EndMap;
  if (!config.story_points().empty()) Member(out, "story_points", config.story_points());
  if (config.stream_high_water() > 0) Member(out, "stream_high_water", config.stream_high_water());
}

bool IsPlain(const v1::FieldMapping& mapping) {
  return mapping.type() == v1::ATTRIBUTE_TYPE_UNSPECIFIED && mapping.value_map().empty() &&
         !mapping.has_default_value();
}

void TypeOf(YAML::Emitter& out, const v1::FieldMapping& mapping) {
  if (mapping.type() == v1::ATTRIBUTE_TYPE_UNSPECIFIED) return;
  Word(out, "type", AttributeTypeWords()[static_cast<std::size_t>(mapping.type()) - 1].c_str());
}

void Mapping(YAML::Emitter& out, const v1::FieldMapping& mapping) {
  out << YAML::BeginMap;
  Member(out, "attribute", mapping.attribute());
  TypeOf(out, mapping);
  if (mapping.format() != v1::VALUE_FORMAT_UNSPECIFIED) {
    Word(out, "format", ValueFormatWords()[static_cast<std::size_t>(mapping.format()) - 1].c_str());
  }
  if (!mapping.value_map().empty()) {
    BeginMember(out, "map");
    for (const v1::MappedValue& value : mapping.value_map()) {
      out << YAML::Key << YAML::DoubleQuoted << value.from() << YAML::Value;
      Text(out, value.to());
    }
    out << YAML::EndMap;
  }
  if (mapping.has_default_value()) Member(out, "default", mapping.default_value());
  if (!mapping.options().empty()) {
    out << YAML::Key << "options" << YAML::Value << YAML::Flow << YAML::BeginSeq;
    for (const v1::AttributeOption& option : mapping.options()) Text(out, option.label());
    out << YAML::EndSeq;
  }
  out << YAML::EndMap;
}

void Constant(YAML::Emitter& out, const v1::FieldMapping& constant) {
  out << YAML::BeginMap;
  Member(out, "value", constant.default_value());
  TypeOf(out, constant);
  out << YAML::EndMap;
}

void Jira(YAML::Emitter& out, const v1::ConnectionConfig& config) {
  BeginMember(out, "jira");
  Member(out, "enabled", config.enabled());
  if (!config.site_url().empty()) Member(out, "site_url", config.site_url());
  if (config.auth_type() != v1::AUTH_TYPE_UNSPECIFIED) {
    Word(out, "auth_type", config.auth_type() == v1::OAUTH2 ? "oauth2" : "basic");
  }
  Sync(out, config.sync());
  Projects(out, config);
  Names(out, "issue_types", config.issue_types());
  Extensions(out, config);
  Member(out, "debug", config.debug());
  if (!config.log_level().empty()) Member(out, "log_level", config.log_level());
  Member(out, "log_api_calls", config.log_api_calls());
  out << YAML::EndMap;
}

}  // namespace

std::string ConnectionConfigToYaml(const v1::ConnectionConfig& config) {
  YAML::Emitter out;
  out << YAML::BeginMap;
  BeginMember(out, "connectors");
  Jira(out, config);
  out << YAML::EndMap;
  BeginMember(out, "field_mapping");
  for (const v1::FieldMapping& mapping : config.field_mapping()) {
    out << YAML::Key << YAML::DoubleQuoted << mapping.source() << YAML::Value;
    if (IsPlain(mapping)) {
      Text(out, mapping.attribute());
    } else {
      Mapping(out, mapping);
    }
  }
  out << YAML::EndMap;
  if (!config.constants().empty()) {
    BeginMember(out, "constants");
    for (const v1::FieldMapping& constant : config.constants()) {
      out << YAML::Key << YAML::DoubleQuoted << constant.attribute() << YAML::Value;
      Constant(out, constant);
    }
    out << YAML::EndMap;
  }
  out << YAML::EndMap;
  return std::string(out.c_str()) + '\n';
}

}  // namespace tajo::config
