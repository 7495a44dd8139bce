#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "common/base/clock.h"

// How settings are written, for flags, environment and YAML alike.
namespace tajo::config {

// "host:port", "[::1]:8080", ":8080" (every interface).
struct ListenAddress {
  std::string host;  // without brackets
  uint16_t port = 0;

  // "[::1]:8080"
  std::string ToString() const;
  bool IsLoopback() const;
};

std::optional<ListenAddress> ParseListen(std::string_view text);

// true, yes, on, 1 and false, no, off, 0, in any case.
std::optional<bool> ParseBool(std::string_view text);
// Decimal digits with an optional '-'.
std::optional<int64_t> ParseInteger(std::string_view text);
// "500ms", "25s", "15m", "2h", "7d", or several, as "1h30m"; "0". Never without a unit.
std::optional<base::Duration> ParseDuration(std::string_view text);
// The shortest of these: "1h30m", "500ms".
std::string FormatDuration(base::Duration duration);

// The candidate that `name` is probably a mistyping of; empty when none is near.
std::string Nearest(std::string_view name, std::span<const std::string> candidates);
// ": did you mean 'x'?", or nothing.
std::string DidYouMean(std::string_view name, std::span<const std::string> candidates, std::string_view prefix = "");

}  // namespace tajo::config
