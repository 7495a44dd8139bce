#include "common/jira/walk.h"

#include <simdjson.h>

#include <algorithm>
#include <charconv>

#include "common/json/time.h"

namespace tajo::jira {
namespace {

constexpr std::size_t kLeastRoom = 16u << 10;
constexpr int64_t kSecondsBelow = 100'000'000'000;  // an epoch number below is in seconds

std::string_view Trim(std::string_view token) {
  const auto is_blank = [](char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; };
  while (!token.empty() && is_blank(token.back())) token.remove_suffix(1);
  return token;
}

std::optional<uint32_t> Hex4(std::string_view text) {
  if (text.size() < 4) return std::nullopt;
  uint32_t value = 0;
  const auto result = std::from_chars(text.data(), text.data() + 4, value, 16);
  if (result.ec != std::errc() || result.ptr != text.data() + 4) return std::nullopt;
  return value;
}

void AppendUtf8(std::string& out, uint32_t code) {
  if (code < 0x80) {
    out.push_back(static_cast<char>(code));
  } else if (code < 0x800) {
    out.push_back(static_cast<char>(0xc0 | (code >> 6)));
    out.push_back(static_cast<char>(0x80 | (code & 0x3f)));
  } else if (code < 0x10000) {
    out.push_back(static_cast<char>(0xe0 | (code >> 12)));
    out.push_back(static_cast<char>(0x80 | ((code >> 6) & 0x3f)));
    out.push_back(static_cast<char>(0x80 | (code & 0x3f)));
  } else {
    out.push_back(static_cast<char>(0xf0 | (code >> 18)));
    out.push_back(static_cast<char>(0x80 | ((code >> 12) & 0x3f)));
    out.push_back(static_cast<char>(0x80 | ((code >> 6) & 0x3f)));
    out.push_back(static_cast<char>(0x80 | (code & 0x3f)));
  }
}

// `text` begins behind "\u"; moves past the digits that were used.
uint32_t TakeUnicode(std::string_view& text) {
  constexpr uint32_t kReplacement = 0xfffd;
  const auto first = Hex4(text);
  if (!first) return kReplacement;
  text.remove_prefix(4);
  if (*first < 0xd800 || *first > 0xdfff) return *first;
  if (*first >= 0xdc00 || text.substr(0, 2) != "\\u") return kReplacement;
  const auto second = Hex4(text.substr(2));
  if (!second || *second < 0xdc00 || *second > 0xdfff) return kReplacement;
  text.remove_prefix(6);
  return 0x10000 + ((*first - 0xd800) << 10) + (*second - 0xdc00);
}

template <class T>
std::optional<T> ParseNumber(std::string_view text) {
  T value{};
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || result.ec != std::errc() || result.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

class JsonTokens::Finder {
 public:
  std::optional<std::span<const uint32_t>> Find(std::string_view text) {
    if (text.empty() || !HasRoom(text.size())) return std::nullopt;
    const auto* bytes = reinterpret_cast<const uint8_t*>(text.data());
    if (parser_->stage1(bytes, text.size(), simdjson::stage1_mode::regular) != simdjson::SUCCESS) return std::nullopt;
    return std::span<const uint32_t>(parser_->structural_indexes.get(), parser_->n_structural_indexes);
  }

 private:
  bool HasRoom(std::size_t size) {
    if (parser_ != nullptr && size <= parser_->capacity()) return true;
    const std::size_t room = std::max(kLeastRoom, size + size / 4);
    if (parser_ != nullptr) return parser_->set_capacity(room) == simdjson::SUCCESS;
    constexpr std::size_t kDepth = 1;  // of its second stage, which isn't used
    return simdjson::get_active_implementation()->create_dom_parser_implementation(room, kDepth, parser_) ==
           simdjson::SUCCESS;
  }

  std::unique_ptr<simdjson::internal::dom_parser_implementation> parser_;
};

JsonTokens::JsonTokens() : finder_(std::make_unique<Finder>()) {}
JsonTokens::~JsonTokens() = default;
JsonTokens::JsonTokens(JsonTokens&&) noexcept = default;
JsonTokens& JsonTokens::operator=(JsonTokens&&) noexcept = default;

std::optional<std::span<const uint32_t>> JsonTokens::Find(std::string_view text) {
  return finder_->Find(text);
}

std::string Unescape(std::string_view token) {
  if (token.size() < 2) return {};
  std::string_view text = token.substr(1, token.size() - 2);
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t backslash = text.find('\\');
    out.append(text.substr(0, backslash));
    if (backslash == std::string_view::npos || backslash + 1 >= text.size()) break;
    const char escaped = text[backslash + 1];
    text.remove_prefix(backslash + 2);
    switch (escaped) {
      case 'n':
        out.push_back('\n');
        break;
      case 't':
        out.push_back('\t');
        break;
      case 'r':
        out.push_back('\r');
        break;
      case 'b':
        out.push_back('\b');
        break;
      case 'f':
        out.push_back('\f');
        break;
      case 'u':
        AppendUtf8(out, TakeUnicode(text));
        break;
      case '"':
      case '\\':
      case '/':
        out.push_back(escaped);
        break;
      default:
        AppendUtf8(out, 0xfffd);
    }
  }
  return out;
}

std::size_t JsonWalk::PassOver(std::size_t token) {
  std::size_t depth = 0;
  for (std::size_t at = token; at < count_; ++at) {
    const char c = text_[tokens_[at]];
    if (c == '{' || c == '[') {
      ++depth;
    } else if ((c == '}' || c == ']') && --depth == 0) {
      return next_ = at + 1;
    }
  }
  Break();
  return count_;
}

std::string_view JsonWalk::Scalar(JsonValue value) {
  const char first = First(value);
  if (!BeginsValue(first) || first == '{' || first == '[') return {};
  const std::string_view token = Trim(Token(value.token));
  if (token == "null") return {};
  if (first == '"' && (token.size() < 2 || token.back() != '"')) {
    Break();
    return {};
  }
  return token;
}

std::string JsonWalk::Text(JsonValue value) {
  const std::string_view token = Scalar(value);
  if (token.empty() || token.front() != '"') return std::string(token);
  if (token.find('\\') == std::string_view::npos) return std::string(token.substr(1, token.size() - 2));
  return Unescape(token);
}

namespace {

std::string_view Unquoted(std::string_view token) {
  return token.size() >= 2 && token.front() == '"' ? token.substr(1, token.size() - 2) : token;
}

}  // namespace

int64_t JsonWalk::Integer(JsonValue value) {
  const std::string_view text = Unquoted(Scalar(value));
  if (const auto whole = ParseNumber<int64_t>(text)) return *whole;
  const auto number = ParseNumber<double>(text);
  const bool fits = number && *number > -9e15 && *number < 9e15;
  return fits ? static_cast<int64_t>(*number) : 0;
}

std::optional<double> JsonWalk::Number(JsonValue value) {
  return ParseNumber<double>(Unquoted(Scalar(value)));
}

std::optional<bool> JsonWalk::Bool(JsonValue value) {
  const std::string_view text = Unquoted(Scalar(value));
  if (text == "true") return true;
  if (text == "false") return false;
  return std::nullopt;
}

int64_t JsonWalk::Time(JsonValue value) {
  const std::string_view token = Scalar(value);
  const std::string_view text = Unquoted(token);
  if (const auto number = ParseNumber<int64_t>(text)) {
    const int64_t millis = *number > 0 && *number < kSecondsBelow ? *number * 1000 : *number;
    return json::ParseJiraTime(millis).value_or(0);
  }
  return json::ParseJiraTime(text).value_or(0);
}

std::string_view JsonWalk::Raw(JsonValue value) {
  const char first = First(value);
  if (!BeginsValue(first)) return {};
  if (first != '{' && first != '[') return Trim(Token(value.token));
  const std::size_t behind = PassOver(value.token);
  if (broken_) return {};
  const std::size_t begin = tokens_[value.token];
  return {text_ + begin, tokens_[behind - 1] + 1 - begin};
}

}  // namespace tajo::jira
