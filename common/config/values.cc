#include "common/config/values.h"
#include "common/base/ascii.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <numeric>
#include <utility>
#include <vector>

namespace tajo::config {
namespace {

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

struct Unit {
  std::string_view name;
  int64_t nanoseconds;
};

// From the largest; "ms" stands before "m" and "s", so that it's found first.
constexpr Unit kUnits[] = {
    {"d", 86'400'000'000'000}, {"h", 3'600'000'000'000}, {"ms", 1'000'000}, {"m", 60'000'000'000}, {"s", 1'000'000'000},
};

// How many letters to insert, drop, change or swap to come from `a` to `b`.
std::size_t Distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(last.begin(), last.end(), 0);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, change});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
    std::swap(before_last, last);
    std::swap(last, row);
  }
  return last[b.size()];
}

}  // namespace

std::string ListenAddress::ToString() const {
  return host.find(':') == std::string::npos ? fmt::format("{}:{}", host, port) : fmt::format("[{}]:{}", host, port);
}

bool ListenAddress::IsLoopback() const {
  return host == "localhost" || host == "::1" ||
         (host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string::npos);
}

std::optional<ListenAddress> ParseListen(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  ListenAddress address;
  const std::string_view port = text.substr(colon + 1);
  const auto result = std::from_chars(port.data(), port.data() + port.size(), address.port);
  if (result.ec != std::errc() || result.ptr != port.data() + port.size()) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  if (bracketed) host = host.substr(1, host.size() - 2);
  // Only an IPv6 address has colons, and it has brackets then.
  if (bracketed != (host.find(':') != std::string_view::npos)) return std::nullopt;
  if (host.find_first_of(" \t[]/@") != std::string_view::npos) return std::nullopt;
  address.host = std::string(host);
  return address;
}

std::optional<bool> ParseBool(std::string_view text) {
  const std::string word = base::LowerCase(text);
  if (word == "true" || word == "yes" || word == "on" || word == "1") return true;
  if (word == "false" || word == "no" || word == "off" || word == "0") return false;
  return std::nullopt;
}

std::optional<int64_t> ParseInteger(std::string_view text) {
  int64_t value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (result.ec != std::errc() || result.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<base::Duration> ParseDuration(std::string_view text) {
  if (text == "0") return base::Duration::zero();
  if (text.empty()) return std::nullopt;
  int64_t total = 0;
  while (!text.empty()) {
    if (!IsDigit(text.front())) return std::nullopt;
    int64_t count = 0;
    const auto result = std::from_chars(text.data(), text.data() + text.size(), count);
    if (result.ec != std::errc()) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(result.ptr - text.data()));
    const auto unit = std::ranges::find_if(kUnits, [text](const Unit& u) { return text.starts_with(u.name); });
    if (unit == std::end(kUnits)) return std::nullopt;
    text.remove_prefix(unit->name.size());
    if (count > (std::numeric_limits<int64_t>::max() - total) / unit->nanoseconds) return std::nullopt;
    total += count * unit->nanoseconds;
  }
  return base::Duration(total);
}

std::string FormatDuration(base::Duration duration) {
  constexpr Unit kBySize[] = {kUnits[0], kUnits[1], kUnits[3], kUnits[4], kUnits[2]};
  std::string text;
  int64_t rest = duration.count();
  for (const Unit& unit : kBySize) {
    if (rest / unit.nanoseconds > 0) text += fmt::format("{}{}", rest / unit.nanoseconds, unit.name);
    rest %= unit.nanoseconds;
  }
  return text.empty() ? "0" : text;
}

std::string Nearest(std::string_view name, std::span<const std::string> candidates) {
  const std::string wanted = base::LowerCase(name);
  // Longer texts aren't mistypings, and comparing them costs.
  if (wanted.size() > 100) return {};
  std::string nearest;
  std::size_t nearest_distance = std::numeric_limits<std::size_t>::max();
  for (const std::string& candidate : candidates) {
    const std::string lower = base::LowerCase(candidate);
    std::size_t distance = Distance(wanted, lower);
    // A part left out is a slip too: "url" for "redis-url".
    const bool is_part = wanted.size() >= 3 && lower.find(wanted) != std::string::npos;
    const std::size_t allowed = std::max<std::size_t>(1, std::min(wanted.size(), lower.size()) / 3);
    if (distance > allowed && !is_part) continue;
    if (distance > allowed) distance += 100;
    if (distance < nearest_distance) {
      nearest_distance = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

std::string DidYouMean(std::string_view name, std::span<const std::string> candidates, std::string_view prefix) {
  const std::string nearest = Nearest(name, candidates);
  return nearest.empty() ? "" : fmt::format(": did you mean '{}{}'?", prefix, nearest);
}

}  // namespace tajo::config
