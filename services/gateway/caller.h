#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace tajo::gateway {

enum class Access { kRead, kWrite };

// Who calls: the tenants that a token is bound to, and what it may do there.
struct Caller {
  bool every_tenant = false;
  std::vector<std::string> tenants;
  std::string default_tenant;  // where a request names none; only with --insecure
  Access access = Access::kRead;

  bool MayUse(std::string_view tenant) const;
  // The tenant that a request means; `named` may be empty where only one is possible.
  // PERMISSION_DENIED for a tenant that the token isn't bound to, REQUEST_INVALID for no name or a bad one.
  absl::StatusOr<std::string> Tenant(const std::string& named) const;
};

// The tokens that the gateway takes, by their SHA-256: the file holds nothing that opens the door.
//
//   tokens:
//     - sha256: 5e88...    # of the token, in hex: printf %s "$TOKEN" | sha256sum
//       tenants: [acme]    # or "*"
//       access: write      # or read
class AccessList {
 public:
  static absl::StatusOr<AccessList> Load(const std::string& path);
  // CONFIG_INVALID with the line; `origin` names the text in errors.
  static absl::StatusOr<AccessList> Parse(std::string_view text, std::string_view origin);
  // Whoever reaches the port may do everything (--insecure).
  static AccessList Open();

  // `authorization` as sent: "Bearer <token>". UNAUTHENTICATED for anything else. The time that it takes
  // doesn't tell which token was near.
  absl::StatusOr<Caller> Authenticate(std::string_view authorization) const;

 private:
  struct Entry {
    std::string digest;  // 32 bytes
    Caller caller;
  };
  std::vector<Entry> entries_;
  bool open_ = false;
};

// The list in force; replaced when its file is read again. Thread-safe.
class AccessSource {
 public:
  explicit AccessSource(AccessList list) : list_(std::make_shared<const AccessList>(std::move(list))) {}

  std::shared_ptr<const AccessList> Get() const {
    const std::scoped_lock lock(mutex_);
    return list_;
  }
  void Set(AccessList list) {
    auto next = std::make_shared<const AccessList>(std::move(list));
    const std::scoped_lock lock(mutex_);
    list_ = std::move(next);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const AccessList> list_;
};

// The file behind a source. A list that can't be read leaves the former in force, and is told. Used by one
// thread; `source` outlives it.
class AccessFile {
 public:
  AccessFile(std::string path, AccessSource& source) : path_(std::move(path)), source_(source) {}

  absl::Status Read();
  // Reads it if its time isn't the one of the last good reading.
  absl::Status ReadIfChanged();

 private:
  const std::string path_;
  AccessSource& source_;
  std::filesystem::file_time_type read_ = std::filesystem::file_time_type::min();
};

}  // namespace tajo::gateway
