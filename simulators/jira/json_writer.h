#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "simulators/jira/model.h"

namespace tajo::jira_sim {

class Zone;

// Writes JSON straight into a string: search pages of thousands of issues a second need no tree.
// The caller keeps begin and end in balance; commas are the writer's.
class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out) {}

  JsonWriter& BeginObject() { return Open('{'); }
  JsonWriter& EndObject() { return Close('}'); }
  JsonWriter& BeginArray() { return Open('['); }
  JsonWriter& EndArray() { return Close(']'); }
  JsonWriter& Key(std::string_view name);  // needs no escape
  JsonWriter& String(std::string_view text);
  JsonWriter& Int(int64_t number);
  JsonWriter& Bool(bool value) { return Raw(value ? "true" : "false"); }
  JsonWriter& Null() { return Raw("null"); }
  JsonWriter& Raw(std::string_view json);
  // A number as a string: Jira's ids.
  JsonWriter& Id(int64_t id);
  // "2026-03-26T12:00:00.000-0400"; null for 0.
  JsonWriter& Time(Millis time, const Zone& zone);
  // "2026-03-26" in UTC.
  JsonWriter& Date(Millis time);

  // A string in pieces that need no escape, between quotes.
  JsonWriter& BeginString();
  JsonWriter& Piece(std::string_view text);
  JsonWriter& Piece(int64_t number);
  JsonWriter& EndString();

 private:
  JsonWriter& Open(char bracket);
  JsonWriter& Close(char bracket);
  void Comma();

  std::string& out_;
  bool comma_ = false;
};

std::string FormatTime(Millis time, const Zone& zone);
std::string FormatDate(Millis time);

}  // namespace tajo::jira_sim
