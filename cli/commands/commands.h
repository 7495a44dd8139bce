#pragma once

#include "cli/invocation.h"

// Each adds a command, with its flags, under the given one.
namespace tajo::cli {

void AddInstall(CLI::App& connectors, Invocation& invocation);
void AddAuthorize(CLI::App& connectors, Invocation& invocation);
void AddTest(CLI::App& connectors, Invocation& invocation);
void AddSync(CLI::App& connectors, Invocation& invocation);
void AddStatus(CLI::App& connectors, Invocation& invocation);
void AddQuery(CLI::App& connectors, Invocation& invocation);
void AddList(CLI::App& connectors, Invocation& invocation);
void AddRemove(CLI::App& connectors, Invocation& invocation);
void AddDeadLetters(CLI::App& connectors, Invocation& invocation);
void AddPreview(CLI::App& connectors, Invocation& invocation);
void AddCreateIssue(CLI::App& connectors, Invocation& invocation);
void AddUpdate(CLI::App& connectors, Invocation& invocation);
void AddTrace(CLI::App& connectors, Invocation& invocation);
void AddForget(CLI::App& connectors, Invocation& invocation);
void AddCapacity(CLI::App& connectors, Invocation& invocation);
void AddKeyring(CLI::App& app, Invocation& invocation);
void AddUp(CLI::App& app, Invocation& invocation);

}  // namespace tajo::cli
