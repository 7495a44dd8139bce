#pragma once

#include <memory>
#include <optional>
#include <string>

#include "simulators/jira/model.h"

namespace tajo::jira_sim {

// A time zone by its IANA name, for times of REST answers and JQL's literals. Not thread-safe: it
// remembers the offset it found last.
class Zone {
 public:
  // nullptr when the machine doesn't know the name.
  static std::unique_ptr<Zone> Load(const std::string& name);
  ~Zone();

  const std::string& Name() const { return name_; }
  // Seconds east of UTC at that time.
  int OffsetSeconds(Millis time) const;
  // A local minute to UTC; of two (autumn) the first, of none (spring) as if the clock hadn't changed.
  Millis FromLocal(int year, int month, int day, int hour, int minute) const;

 private:
  struct Impl;
  explicit Zone(std::string name);

  std::string name_;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tajo::jira_sim
