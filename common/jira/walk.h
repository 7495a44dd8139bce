#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

// Only for .cc files of this folder.
namespace tajo::jira {

// Where the tokens of a JSON text begin: brackets, colons, commas and scalars. Found by simdjson; a walk over them
// touches nothing of what it passes over, and most of an issue is passed over. Used again, it keeps its memory.
class JsonTokens {
 public:
  JsonTokens();
  ~JsonTokens();
  JsonTokens(JsonTokens&&) noexcept;
  JsonTokens& operator=(JsonTokens&&) noexcept;

  // Valid until the next call. Nothing for what isn't UTF-8 or leaves a string open; brackets aren't matched here.
  std::optional<std::span<const uint32_t>> Find(std::string_view text);

 private:
  class Finder;
  std::unique_ptr<Finder> finder_;
};

// A value of the text that is walked: its first token's number.
struct JsonValue {
  std::size_t token = 0;
};

// Walks a JSON text, and is lenient on types: what is asked for as text may be a number and the other way round;
// what has another type than asked for is as if it were missing. What isn't JSON where it's walked sets Broken(),
// after which every walk ends at once. `text` and `tokens` outlive it.
class JsonWalk {
 public:
  JsonWalk(std::string_view text, std::span<const uint32_t> tokens)
      : text_(text.data()), size_(text.size()), tokens_(tokens.data()), count_(tokens.size()) {}

  bool Broken() const { return broken_; }
  // Whether what was walked, or passed over, is the whole text.
  bool AtEnd() const { return next_ == count_; }

  // Calls visit(key, value) for each member; false if it isn't an object. Keys are as written, escapes and all.
  template <class Visit>
  bool Fields(JsonValue value, Visit&& visit) {
    if (First(value) != '{') return false;
    std::size_t at = value.token + 1;
    if (Char(at) == '}') return EndAt(at);
    // A key, its colon, its value, and what follows.
    while (at + 3 < count_) {
      const char* const key = text_ + tokens_[at];
      const char* end = text_ + tokens_[at + 1];
      const JsonValue member = {at + 2};
      if (*key != '"' || *end != ':' || !BeginsValue(First(member))) break;
      while (*--end != '"') {
      }  // it stands before the colon, blanks aside
      visit(std::string_view(key + 1, static_cast<std::size_t>(end - key - 1)), member);
      at = Behind(member);
      if (broken_) return false;
      const char next = Char(at);
      if (next == '}') return EndAt(at);
      if (next != ',') break;
      ++at;
    }
    return Break();
  }

  // Calls visit(value) for each element; false if it isn't an array.
  template <class Visit>
  bool Items(JsonValue value, Visit&& visit) {
    if (First(value) != '[') return false;
    std::size_t at = value.token + 1;
    if (Char(at) == ']') return EndAt(at);
    while (BeginsValue(Char(at))) {
      const JsonValue element = {at};
      visit(element);
      at = Behind(element);
      if (broken_) return false;
      const char next = Char(at);
      if (next == ']') return EndAt(at);
      if (next != ',') break;
      ++at;
    }
    return Break();
  }

  // "" for null, objects and arrays.
  std::string Text(JsonValue value);
  // A whole number, also one in a string; 0 if it is none.
  int64_t Integer(JsonValue value);
  std::optional<double> Number(JsonValue value);
  // Also "true" in a string; nothing for anything else.
  std::optional<bool> Bool(JsonValue value);
  // Milliseconds since 1970 of an ISO text or an epoch number (of seconds or milliseconds); 0 if it is none.
  int64_t Time(JsonValue value);
  bool IsNull(JsonValue value) const { return First(value) == 'n'; }
  bool IsObject(JsonValue value) const { return First(value) == '{'; }
  // The value as it is written, without the blanks around it.
  std::string_view Raw(JsonValue value);

 private:
  // '\0' behind the end.
  char Char(std::size_t token) const { return token < count_ ? text_[tokens_[token]] : '\0'; }
  char First(JsonValue value) const { return Char(value.token); }
  static bool BeginsValue(char c) {
    static constexpr auto kBegins = [] {
      std::array<bool, 256> begins;
      begins.fill(true);
      for (const char other : {'}', ']', ',', ':', '\0'}) begins[static_cast<unsigned char>(other)] = false;
      return begins;
    }();
    return kBegins[static_cast<unsigned char>(c)];
  }
  // With the blanks behind it.
  std::string_view Token(std::size_t token) const {
    const std::size_t begin = tokens_[token];
    return {text_ + begin, (token + 1 < count_ ? tokens_[token + 1] : size_) - begin};
  }

  // What follows a value that was visited, and walked or not.
  std::size_t Behind(JsonValue value) {
    if (next_ > value.token) return next_;
    const char first = text_[tokens_[value.token]];
    if (first != '{' && first != '[') return value.token + 1;
    return PassOver(value.token);
  }
  // The brackets that open there, with all in them.
  std::size_t PassOver(std::size_t token);

  bool EndAt(std::size_t closing) {
    next_ = closing + 1;
    return true;
  }
  bool Break() {
    broken_ = true;
    return false;
  }
  // The scalar without blanks, quotes and all.
  std::string_view Scalar(JsonValue value);

  const char* text_;
  std::size_t size_;
  const uint32_t* tokens_;
  std::size_t count_;
  std::size_t next_ = 0;  // behind the last object or array that was walked
  bool broken_ = false;
};

// Parses one object or array and gives it to `read(walk, root)`, which must walk to its end. False if it
// isn't JSON as far as it was read, or if more follows it.
template <class Read>
bool ReadDocument(JsonTokens& tokens, std::string_view text, Read read) {
  const auto found = tokens.Find(text);
  if (!found) return false;
  JsonWalk walk(text, *found);
  read(walk, JsonValue{});
  return !walk.Broken() && walk.AtEnd();
}

// The JSON string literal `token` (quotes and all) as text; lone surrogates and bad escapes become U+FFFD.
std::string Unescape(std::string_view token);

}  // namespace tajo::jira
