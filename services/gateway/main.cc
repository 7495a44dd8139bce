#include "services/gateway/wiring.h"

int main(int argc, char** argv) {
  tajo::gateway::GatewaySettings settings;
  tajo::config::Settings flags("tajo-gateway", TAJO_VERSION, "The platform's gRPC door to the Jira connector.");
  settings.AddTo(flags);
  if (const auto exit_code = flags.Parse(argc, argv)) return *exit_code;
  return tajo::gateway::RunGateway(settings, TAJO_VERSION);
}
