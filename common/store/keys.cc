#include "common/store/keys.h"

#include <fmt/format.h>

namespace tajo::store {

Keys::Keys(std::string_view connection_id) : prefix_(fmt::format("tajo:{{{}}}:", connection_id)) {}

std::string WakeChannel(std::string_view worker_id) {
  return fmt::format("tajo:wake:{}", worker_id);
}

}  // namespace tajo::store
