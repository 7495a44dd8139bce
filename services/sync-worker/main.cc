#include "services/sync-worker/wiring.h"

int main(int argc, char** argv) {
  tajo::worker::WorkerSettings settings;
  tajo::config::Settings flags("tajo-sync-worker", TAJO_VERSION,
                               "Keeps connections in step: reads Jira, decides, writes Brevo.");
  settings.AddTo(flags);
  if (const auto exit_code = flags.Parse(argc, argv)) return *exit_code;
  return tajo::worker::RunWorker(settings, TAJO_VERSION);
}
