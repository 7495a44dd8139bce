#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "common/jira/webhook.h"

// Any bytes give events or WEBHOOK_UNREADABLE; at most three events come of one body.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  static tajo::jira::WebhookNormaliser normaliser;
  static const tajo::jira::IssueFields fields{"customfield_10020", "customfield_10016", {"customfield_10050"}};
  tajo::jira::NormaliseOptions options;
  options.fields = &fields;
  const auto result = normaliser.Normalise(std::string_view(reinterpret_cast<const char*>(data), size), options);
  if (result.ok() && result->events.size() > 3) std::abort();
  if (result.ok() && !result->recognised && !result->events.empty()) std::abort();
  return 0;
}
