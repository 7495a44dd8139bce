#include <csignal>

#include "cli/app.h"

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  tajo::cli::Terminal terminal = tajo::cli::ProcessTerminal();
  return tajo::cli::RunTajo(argc, argv, terminal, TAJO_VERSION);
}
