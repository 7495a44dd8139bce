#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "common/base/error.h"
#include "common/config/connection_config.h"
#include "tajo/jira/v1/connection.pb.h"
#include "tajo/jira/v1/error.pb.h"

// Whatever is accepted can be stored, and written and read again without a change.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  using tajo::config::ParseConnectionConfig;
  const auto config = ParseConnectionConfig({reinterpret_cast<const char*>(data), size});
  if (!config.ok()) {
    if (tajo::base::ReasonOf(config.status()) != tajo::jira::v1::CONFIG_INVALID) std::abort();
    return 0;
  }
  const std::string stored = config->SerializeAsString();
  tajo::jira::v1::ConnectionConfig loaded;
  if (!loaded.ParseFromString(stored)) std::abort();
  const auto again = ParseConnectionConfig(tajo::config::ConnectionConfigToYaml(loaded));
  if (!again.ok() || again->SerializeAsString() != stored) std::abort();
  return 0;
}
