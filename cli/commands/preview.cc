#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

#include "cli/commands/connector_command.h"
#include "cli/output/documents.h"
#include "cli/output/text.h"
#include "cli/text_file.h"

namespace tajo::cli {
namespace {

struct PreviewFlags : ConnectorFlags {
  std::string issue;
  std::string config_file;
};

std::string SourcesOf(const v1::PreviewMappingResponse& preview) {
  std::vector<std::string> found;
  for (const auto& source : preview.sources()) {
    found.push_back(fmt::format("{}: {}{}", source.source(), source.found(), source.chosen() ? " (taken)" : ""));
  }
  return fmt::format("{}", fmt::join(found, "; "));
}

void SayPreview(Invocation& invocation, const v1::PreviewMappingResponse& preview) {
  const auto width = static_cast<std::size_t>(invocation.Term().width);
  const std::string refused = fmt::format("{}", fmt::join(preview.refused_by(), ", "));
  const bool has_contact = !preview.contact_email().empty();
  const std::string last = preview.is_last_ticket() ? "yes" : "no: another ticket changed later, and is shown instead";
  invocation.Say(Labelled({{"Issue", preview.issue_key()},
                           {"Admitted", preview.admitted() ? "yes" : "no: left out by " + refused},
                           {"Customer", has_contact ? preview.contact_email() : "nobody: " + preview.without_contact()},
                           {"Found by", SourcesOf(preview)},
                           {"Last ticket", has_contact ? last : ""},
                           {"Lists", fmt::format("{}", fmt::join(preview.list_ids(), ", "))}}));
  Table attributes({"ATTRIBUTE", "FROM", "TYPE", "VALUE"});
  for (const auto& one : preview.mapped()) attributes.Add({one.name(), one.source(), one.type(), one.value_json()});
  if (!attributes.Empty()) invocation.Say("\n" + attributes.Text(width));
  Table events({"EVENT", "WHEN", "STATE", "PROPERTIES"});
  for (const auto& one : preview.timeline())
    events.Add({one.name(), When(one.at()), one.state(), one.properties_json()});
  if (!events.Empty()) invocation.Say("\n" + events.Text(width));
  if (preview.events_before_connection() > 0) {
    invocation.Note(fmt::format("{} earlier events aren't sent: they happened before the connection began",
                                Count(preview.events_before_connection())));
  }
  for (const auto& warning : preview.warnings()) invocation.Note(warning);
}

int Preview(Invocation& invocation, Gateway& gateway, const PreviewFlags& flags) {
  v1::PreviewMappingRequest request;
  *request.mutable_connection() = invocation.Ref(flags.connection);
  request.set_issue_key(flags.issue);
  if (!flags.config_file.empty()) {
    auto text = ReadTextFile(flags.config_file);
    if (!text) return invocation.Misused(fmt::format("--config: can't read {}", flags.config_file));
    request.set_config_yaml(*std::move(text));
  }
  const auto response = gateway.PreviewMapping(request);
  if (!response.ok()) return invocation.Fail("can't preview the issue", response.status());
  if (invocation.Flags().json) {
    invocation.SayJson(ToJson(*response));
  } else {
    SayPreview(invocation, *response);
  }
  return kExitDone;
}

}  // namespace

void AddPreview(CLI::App& connectors, Invocation& invocation) {
  auto flags = std::make_shared<PreviewFlags>();
  CLI::App& command =
      AddConnectorCommand(connectors, invocation, "preview",
                          "what of an issue would be written to Brevo, without writing", flags, &Preview);
  AddConnectionFlag(command, *flags);
  command.add_option("issue", flags->issue, "the issue's key, as SUPPORT-7, or its id")->required();
  command.add_option("--config", flags->config_file, "try this YAML instead of the connection's")->type_name("FILE");
}

}  // namespace tajo::cli
