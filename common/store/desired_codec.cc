#include "common/store/desired_codec.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "common/base/error.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::store {
namespace {

constexpr std::size_t kPartBytes = 63;  // of a listpack: up to 63 with a head of one byte, at most 64
constexpr std::size_t kMostParts = 100;

// What a value is, in the low bits of its attribute's number.
enum Kind : uint32_t { kJson = 0, kText = 1, kAccountId = 2 };
constexpr uint32_t kKindBits = 2;

void AppendNumber(uint64_t value, std::string& out) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(0x80 | (value & 0x7f));
  out += static_cast<char>(value);
}

void AppendText(std::string_view text, std::string& out) {
  AppendNumber(text.size(), out);
  out += text;
}

// The inside of a JSON string that needs no escapes; nothing for all other JSON.
std::optional<std::string_view> PlainText(std::string_view json) {
  if (json.size() < 2 || json.front() != '"' || json.back() != '"') return std::nullopt;
  const std::string_view inside = json.substr(1, json.size() - 2);
  const bool plain = std::none_of(inside.begin(), inside.end(), [](char c) { return c == '"' || c == '\\'; });
  return plain ? std::optional(inside) : std::nullopt;
}

// Reads numbers and texts one after the other; `ok` tells afterwards whether all were there.
struct PackedReader {
  std::string_view bytes;
  bool ok = true;

  uint64_t Number() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64 && !bytes.empty(); shift += 7) {
      const auto byte = static_cast<uint8_t>(bytes.front());
      bytes.remove_prefix(1);
      value |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    ok = false;
    return 0;
  }
  std::string_view Text() {
    const uint64_t size = Number();
    ok = ok && size <= bytes.size();
    if (!ok) return {};
    const std::string_view text = bytes.substr(0, size);
    bytes.remove_prefix(size);
    return text;
  }
};

std::optional<Person> ReadPerson(PackedReader& reader) {
  if (reader.bytes.empty()) return std::nullopt;
  reader.bytes.remove_prefix(1);
  Person person;
  person.email = reader.Text();
  person.account_id = reader.Text();
  return reader.ok ? std::optional(std::move(person)) : std::nullopt;
}

std::vector<std::string> Cut(std::string packed) {
  const std::size_t part = std::max(kPartBytes, (packed.size() + kMostParts - 1) / kMostParts);
  const std::size_t count = (packed.size() + part - 1) / part;
  packed.front() = static_cast<char>(count);
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin < packed.size(); begin += part) parts.push_back(packed.substr(begin, part));
  return parts;
}

}  // namespace

void AttributeNumbers::Add(std::string name, uint32_t number) {
  names_.emplace(number, name);
  numbers_.emplace(std::move(name), number);
}

std::optional<uint32_t> AttributeNumbers::Of(const std::string& name) const {
  const auto found = numbers_.find(name);
  return found == numbers_.end() ? std::nullopt : std::optional(found->second);
}

const std::string* AttributeNumbers::Name(uint32_t number) const {
  const auto found = names_.find(number);
  return found == names_.end() ? nullptr : &found->second;
}

absl::StatusOr<std::vector<std::string>> PackDesired(const jira::v1::DesiredContact& desired,
                                                     const AttributeNumbers& numbers) {
  // Protobuf's maps have no order.
  std::map<uint32_t, const std::string*> values;
  for (const auto& [name, value] : desired.attributes()) {
    const std::optional<uint32_t> number = numbers.Of(name);
    if (!number) return base::Error(jira::v1::INTERNAL, fmt::format("the attribute {} has no number", name));
    values.emplace(*number, &value);
  }
  std::string packed(1, '\0');  // how many parts: filled in by Cut
  AppendText(desired.email(), packed);
  AppendText(desired.account_id(), packed);
  for (const auto& [number, value] : values) {
    const std::optional<std::string_view> text = PlainText(*value);
    if (text && !text->empty() && *text == desired.account_id()) {
      AppendNumber(number << kKindBits | kAccountId, packed);
    } else {
      AppendNumber(number << kKindBits | (text ? kText : kJson), packed);
      AppendText(text.value_or(*value), packed);
    }
  }
  return Cut(std::move(packed));
}

std::optional<jira::v1::DesiredContact> UnpackDesired(std::string_view packed, const AttributeNumbers& numbers) {
  PackedReader reader{packed};
  std::optional<Person> person = ReadPerson(reader);
  if (!person) return std::nullopt;
  jira::v1::DesiredContact desired;
  desired.set_email(person->email);
  desired.set_account_id(person->account_id);
  while (reader.ok && !reader.bytes.empty()) {
    const uint64_t head = reader.Number();
    const uint64_t kind = head & ((1u << kKindBits) - 1);
    std::string value(kind == kAccountId ? person->account_id : reader.Text());
    const std::string* name = numbers.Name(static_cast<uint32_t>(head >> kKindBits));
    if (!reader.ok || name == nullptr) return std::nullopt;
    (*desired.mutable_attributes())[*name] = kind == kJson ? std::move(value) : fmt::format("\"{}\"", value);
  }
  return reader.ok ? std::optional(std::move(desired)) : std::nullopt;
}

std::optional<Person> UnpackPerson(std::string_view packed) {
  PackedReader reader{packed};
  return ReadPerson(reader);
}

std::string PackedState(const std::map<std::string, std::string>& fields) {
  std::string packed;
  auto part = fields.find("d1");
  const std::size_t count = part == fields.end() || part->second.empty() ? 0 : static_cast<uint8_t>(part->second[0]);
  for (std::size_t i = 1; i <= count; ++i) {
    part = fields.find(fmt::format("d{}", i));
    if (part != fields.end()) packed += part->second;
  }
  return packed;
}

}  // namespace tajo::store
