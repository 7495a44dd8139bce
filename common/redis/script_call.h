#pragma once

#include <string>

#include "common/redis/client.h"

namespace tajo::redis {

// EVALSHA or EVAL, with what names the script: its digest or its body.
inline Args ScriptCommand(const char* name, const std::string& which, const Args& keys, const Args& args) {
  Args command;
  command.reserve(3 + keys.size() + args.size());
  command.insert(command.end(), {name, which, std::to_string(keys.size())});
  command.insert(command.end(), keys.begin(), keys.end());
  command.insert(command.end(), args.begin(), args.end());
  return command;
}

}  // namespace tajo::redis
