#pragma once

#include <cstdint>
#include <string_view>

namespace tajo::redis {

inline constexpr uint16_t kSlotCount = 16'384;

// The cluster slot of a key: CRC-16/XMODEM of its hash tag ("{tag}", the first one that isn't
// empty), or of the whole key.
uint16_t SlotOf(std::string_view key);

}  // namespace tajo::redis
