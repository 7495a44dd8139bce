#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace tajo::cli {

// Where `tajo up` keeps what must outlive it. For its owner's eyes only, and for one `tajo up` at a
// time: the lock lasts as long as this lives, or our process.
class DataDir {
 public:
  // Makes what is missing, the keyring too.
  static absl::StatusOr<std::unique_ptr<DataDir>> Open(const std::string& path);
  ~DataDir();
  DataDir(const DataDir&) = delete;
  DataDir& operator=(const DataDir&) = delete;

  const std::string& Path() const { return path_; }
  std::string Keyring() const { return path_ + "/keyring"; }
  std::string Redis() const { return path_ + "/redis"; }
  std::string RedisSocket() const { return path_ + "/redis/redis.sock"; }
  std::string Log(const std::string& name) const { return path_ + "/logs/" + name + ".log"; }

 private:
  DataDir(std::string path, int lock) : path_(std::move(path)), lock_(lock) {}

  const std::string path_;
  const int lock_;
};

}  // namespace tajo::cli
