#include <charconv>
#include <utility>

#include "common/redis/client.h"

namespace tajo::redis {

int64_t Reply::Integer() const {
  if (const auto* value = std::get_if<int64_t>(&value_)) return *value;
  const auto* text = std::get_if<std::string>(&value_);
  if (text == nullptr) return 0;
  int64_t number = 0;
  const char* end = text->data() + text->size();
  const auto [rest, error] = std::from_chars(text->data(), end, number);
  return error == std::errc() && rest == end ? number : 0;
}

const std::string& Reply::String() const {
  static const std::string kEmpty;
  const auto* text = std::get_if<std::string>(&value_);
  return text == nullptr ? kEmpty : *text;
}

const Reply::Array& Reply::Elements() const {
  static const Array kEmpty;
  const auto* elements = std::get_if<Array>(&value_);
  return elements == nullptr ? kEmpty : *elements;
}

std::string Reply::TakeString() {
  auto* text = std::get_if<std::string>(&value_);
  return text == nullptr ? std::string() : std::exchange(*text, std::string());
}

}  // namespace tajo::redis
