#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tajo::store {

// Writes MessagePack, as cmsgpack.unpack in Redis reads it: whole plans go to a script as one
// argument. Text and bytes are the same to Lua, so both are written as str: Redis 7.0 doesn't know bin.
class PlanWriter {
 public:
  // The next `size` values are its elements.
  PlanWriter& Array(std::size_t size);
  PlanWriter& Bytes(std::string_view bytes);
  PlanWriter& Integer(int64_t value);  // exact up to 2^53: Lua's numbers are doubles

  std::string Take() { return std::move(out_); }

 private:
  void BigEndian(uint64_t value, int bytes);

  std::string out_;
};

}  // namespace tajo::store
