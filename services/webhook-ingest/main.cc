#include "services/webhook-ingest/wiring.h"

int main(int argc, char** argv) {
  tajo::ingest::IngestSettings settings;
  tajo::config::Settings flags("tajo-webhook-ingest", TAJO_VERSION,
                               "Takes Jira's webhooks: verifies, normalises, stores, acknowledges.");
  settings.AddTo(flags);
  if (const auto exit_code = flags.Parse(argc, argv)) return *exit_code;
  return tajo::ingest::RunIngest(settings, TAJO_VERSION);
}
