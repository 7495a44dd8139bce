#include "cli/up/data_dir.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "cli/keyring_file.h"
#include "common/base/error.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::cli {
namespace {

absl::Status Problem(const std::string& path, const std::string& what) {
  return base::Error(jira::v1::CONFIG_INVALID, fmt::format("--data-dir {}: {}", path, what));
}

absl::Status MakeFolders(const std::string& path) {
  for (const std::string& folder : {path, path + "/redis", path + "/logs"}) {
    std::error_code error;
    std::filesystem::create_directories(folder, error);
    if (error) return Problem(path, error.message());
    if (chmod(folder.c_str(), S_IRWXU) != 0) return Problem(path, std::strerror(errno));
  }
  return absl::OkStatus();
}

absl::StatusOr<int> Lock(const std::string& path) {
  const int file = open((path + "/lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (file < 0) return Problem(path, std::strerror(errno));
  if (flock(file, LOCK_EX | LOCK_NB) != 0) {
    std::array<char, 16> owner{};
    const ssize_t size = read(file, owner.data(), owner.size() - 1);
    close(file);
    return Problem(path, fmt::format("another 'tajo up' (process {}) runs on it: stop it, or give another --data-dir",
                                     size > 0 ? owner.data() : "unknown"));
  }
  const std::string pid = std::to_string(getpid());
  if (ftruncate(file, 0) != 0 || write(file, pid.data(), pid.size()) < 0) {
    close(file);
    return Problem(path, std::strerror(errno));
  }
  return file;
}

}  // namespace

absl::StatusOr<std::unique_ptr<DataDir>> DataDir::Open(const std::string& path) {
  std::error_code error;
  const std::string absolute = std::filesystem::absolute(path, error).lexically_normal();
  if (error) return Problem(path, error.message());
  TAJO_RETURN_IF_ERROR(MakeFolders(absolute));
  TAJO_ASSIGN_OR_RETURN(const int lock, Lock(absolute));
  std::unique_ptr<DataDir> dir(new DataDir(absolute, lock));
  if (dir->RedisSocket().size() >= sizeof(sockaddr_un::sun_path)) {
    return Problem(path, "the path is too long for a unix socket in it: give a shorter one");
  }
  if (!std::filesystem::exists(dir->Keyring())) TAJO_RETURN_IF_ERROR(WriteNewKeyring(dir->Keyring()));
  return dir;
}

DataDir::~DataDir() {
  close(lock_);
}

}  // namespace tajo::cli
