#include "common/store/plan_writer.h"

namespace tajo::store {

void PlanWriter::BigEndian(uint64_t value, int bytes) {
  for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) out_ += static_cast<char>(value >> shift & 0xff);
}

PlanWriter& PlanWriter::Array(std::size_t size) {
  if (size < 16) {
    out_ += static_cast<char>(0x90 | size);
  } else if (size < 0x10000) {
    out_ += '\xdc';
    BigEndian(size, 2);
  } else {
    out_ += '\xdd';
    BigEndian(size, 4);
  }
  return *this;
}

PlanWriter& PlanWriter::Bytes(std::string_view bytes) {
  if (bytes.size() < 32) {
    out_ += static_cast<char>(0xa0 | bytes.size());
  } else if (bytes.size() < 0x100) {
    out_ += '\xd9';
    BigEndian(bytes.size(), 1);
  } else if (bytes.size() < 0x10000) {
    out_ += '\xda';
    BigEndian(bytes.size(), 2);
  } else {
    out_ += '\xdb';
    BigEndian(bytes.size(), 4);
  }
  out_ += bytes;
  return *this;
}

PlanWriter& PlanWriter::Integer(int64_t value) {
  if (value >= 0 && value < 0x80) {
    out_ += static_cast<char>(value);
  } else {
    out_ += '\xd3';
    BigEndian(static_cast<uint64_t>(value), 8);
  }
  return *this;
}

}  // namespace tajo::store
