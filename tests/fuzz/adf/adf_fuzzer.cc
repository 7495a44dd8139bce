#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "common/jira/adf.h"

// Any bytes give text within its bound: as a document, as markup, and as either inside JSON.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  constexpr std::size_t kMax = 512;
  if (tajo::jira::AdfToText(text, kMax).size() > kMax) std::abort();
  if (tajo::jira::WikiToText(text, kMax).size() > kMax) std::abort();
  if (tajo::jira::RichToText(text, kMax).size() > kMax) std::abort();
  tajo::jira::TextToAdf(text);
  return 0;
}
