#include "cli/invocation.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <ostream>
#include <utility>

#include "cli/exit_code.h"
#include "cli/output/documents.h"
#include "cli/output/text.h"
#include "common/base/error.h"
#include "common/config/values.h"

namespace tajo::cli {
namespace {

std::string Or(const std::string& given, const Terminal& terminal, const char* variable) {
  return given.empty() ? FromEnvironment(terminal, variable).value_or("") : given;
}

}  // namespace

GatewaySettings Invocation::Settings() const {
  GatewaySettings settings;
  if (std::string address = Or(flags_.gateway, terminal_, "TAJO_GATEWAY"); !address.empty()) {
    settings.address = std::move(address);
  }
  settings.token = base::Secret(Or(flags_.token, terminal_, "TAJO_API_KEY"));
  settings.ca_cert = flags_.ca_cert;
  settings.insecure = flags_.insecure || config::ParseBool(Or("", terminal_, "TAJO_INSECURE")).value_or(false);
  return settings;
}

std::string Invocation::Tenant() const {
  return Or(flags_.tenant, terminal_, "TAJO_TENANT");
}

v1::ConnectionRef Invocation::Ref(const std::string& connection_id) const {
  v1::ConnectionRef ref;
  ref.set_tenant_id(Tenant());
  ref.set_connection_id(connection_id);
  return ref;
}

std::unique_ptr<Gateway> Invocation::OpenGateway() {
  auto gateway = Gateway::Open(Settings());
  if (gateway.ok()) return *std::move(gateway);
  Misused(std::string(gateway.status().message()));
  return nullptr;
}

void Invocation::Say(std::string_view text) {
  terminal_.out << text << std::flush;
}

void Invocation::SayJson(const nlohmann::json& document) {
  terminal_.out << Dump(document) << std::flush;
}

void Invocation::Note(std::string_view text) {
  terminal_.err << "tajo: " << Printable(text) << '\n' << std::flush;
}

int Invocation::Fail(std::string_view what, const absl::Status& status) {
  const std::string field = base::FieldOf(status);
  const std::string message(status.message());
  const bool named = field.empty() || message.find(field) != std::string::npos;
  Note(fmt::format("{}: {}{}{} ({})", what, named ? "" : field, named ? "" : ": ", message,
                   base::ReasonName(base::ReasonOf(status))));
  return kExitFailed;
}

int Invocation::Misused(std::string_view message) {
  Note(message);
  return kExitUsage;
}

}  // namespace tajo::cli
