#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/commands/commands.h"
#include "cli/exit_code.h"
#include "cli/keyring_file.h"

namespace tajo::cli {
namespace {

int Generate(Invocation& invocation, const std::string& path) {
  const absl::Status status = WriteNewKeyring(path);
  if (!status.ok()) return invocation.Fail("can't make a keyring", status);
  if (invocation.Flags().json) {
    invocation.SayJson({{"keyringFile", path}});
  } else {
    invocation.Say(
        fmt::format("{} holds a new keyring. Keep a copy: without it no sealed credential can be read.\n", path));
  }
  return kExitDone;
}

}  // namespace

void AddKeyring(CLI::App& app, Invocation& invocation) {
  CLI::App& keyring = *app.add_subcommand("keyring", "the keys that seal credentials");
  keyring.require_subcommand(1);
  CLI::App& generate = *keyring.add_subcommand("generate", "make a keyring with one key");
  auto path = std::make_shared<std::string>();
  generate.add_option("--output", *path, "the file to make; one that exists is refused")->required()->type_name("FILE");
  generate.callback(
      [&invocation, path] { invocation.run = [&invocation, path] { return Generate(invocation, *path); }; });
}

}  // namespace tajo::cli
