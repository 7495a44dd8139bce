#pragma once

#include <string>
#include <utility>

namespace tajo::base {

// A string that must not be printed: no stream operator, no formatter, no implicit conversion.
// Its bytes are wiped when it dies.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  Secret(const Secret&) = default;
  Secret(Secret&& other) noexcept : value_(std::move(other.value_)) { other.Wipe(); }
  Secret& operator=(const Secret& other);
  Secret& operator=(Secret&& other) noexcept;
  ~Secret() { Wipe(); }

  // The one way to the value: look for it in a review.
  const std::string& Reveal() const { return value_; }
  bool Empty() const { return value_.empty(); }

 private:
  void Wipe();

  std::string value_;
};

}  // namespace tajo::base
