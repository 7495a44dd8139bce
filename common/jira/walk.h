#pragma once

#include <simdjson.h>

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

// Only for .cc files of this folder: simdjson is heavy.
namespace tajo::jira {

namespace od = simdjson::ondemand;

// Walks a JSON text once, front to back, and is lenient on types: what is asked for as text may be a
// number and the other way round; what has another type than asked for is as if it were missing.
// What isn't JSON sets Broken(), after which every walk ends at once.
class JsonWalk {
 public:
  bool Broken() const { return broken_; }

  // Calls visit(key, value) for each member; false if it isn't an object. Keys are as written, escapes and all.
  template <class Visit>
  bool Fields(od::value& value, Visit visit) {
    if (First(value) != '{') return false;
    od::object object;
    if (value.get_object().get(object) != simdjson::SUCCESS) return Break();
    for (auto item : object) {
      if (item.error() != simdjson::SUCCESS) return Break();
      od::field&& field = std::move(item).value_unsafe();  // in its place: copies of it are what a walk costs
      visit(KeyOf(field.key().raw()), field.value());
      if (broken_) return false;
    }
    return true;
  }

  // Calls visit(value) for each element; false if it isn't an array.
  template <class Visit>
  bool Items(od::value& value, Visit visit) {
    if (First(value) != '[') return false;
    od::array array;
    if (value.get_array().get(array) != simdjson::SUCCESS) return Break();
    for (auto item : array) {
      if (item.error() != simdjson::SUCCESS) return Break();
      od::value&& element = std::move(item).value_unsafe();
      visit(element);
      if (broken_) return false;
    }
    return true;
  }

  // "" for null, objects and arrays.
  std::string Text(od::value& value);
  // A whole number, also one in a string; 0 if it is none.
  int64_t Integer(od::value& value);
  std::optional<double> Number(od::value& value);
  // Also "true" in a string; nothing for anything else.
  std::optional<bool> Bool(od::value& value);
  // Milliseconds since 1970 of an ISO text or an epoch number (of seconds or milliseconds); 0 if it is none.
  int64_t Time(od::value& value);
  bool IsNull(od::value& value) { return First(value) == 'n'; }
  bool IsObject(od::value& value) { return First(value) == '{'; }
  // The value as it is written, without the blanks around it.
  std::string_view Raw(od::value& value);

 private:
  static char First(od::value& value) {
    const std::string_view token = value.raw_json_token();
    return token.empty() ? '\0' : token.front();
  }
  static std::string_view KeyOf(const char* begin) {
    const char* end = std::strchr(begin, '"');
    return end == nullptr ? std::string_view() : std::string_view(begin, static_cast<std::size_t>(end - begin));
  }
  bool Break() {
    broken_ = true;
    return false;
  }
  // The scalar without blanks; a string without its quotes, if it needs no unescaping.
  std::string_view Scalar(od::value& value);

  bool broken_ = false;
};

// Begins with a bracket and ends with its like.
bool LooksWhole(std::string_view body);

// Parses one object or array and gives it to `read(walk, root)`, which must walk to its end. False if it
// isn't JSON as far as it was read, or if more follows it. `body` grows by the padding that simdjson reads.
template <class Read>
bool ReadDocument(od::parser& parser, std::string& body, Read read) {
  if (!LooksWhole(body)) return false;
  const std::size_t size = body.size();
  body.append(simdjson::SIMDJSON_PADDING, '\0');
  od::document document;
  if (parser.iterate(body.data(), size, body.size()).get(document) != simdjson::SUCCESS) return false;
  od::value root;
  if (document.get_value().get(root) != simdjson::SUCCESS) return false;
  JsonWalk walk;
  read(walk, root);
  return !walk.Broken() && document.current_location().error() == simdjson::OUT_OF_BOUNDS;
}

// The JSON string literal `token` (quotes and all) as text; lone surrogates and bad escapes become U+FFFD.
std::string Unescape(std::string_view token);

}  // namespace tajo::jira
