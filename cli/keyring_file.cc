#include "cli/keyring_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "common/base/error.h"
#include "common/base/secret.h"
#include "common/crypto/sealing.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::cli {
namespace {

// True when all of it is on the disk.
bool WriteAll(int file, const std::string& text) {
  std::size_t written = 0;
  while (written < text.size()) {
    const ssize_t count = write(file, text.data() + written, text.size() - written);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    written += static_cast<std::size_t>(count);
  }
  return fsync(file) == 0;
}

}  // namespace

absl::Status WriteNewKeyring(const std::string& path) {
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (file < 0 && errno == EEXIST) {
    return base::Error(jira::v1::CONFIG_INVALID,
                       fmt::format("{} exists and is left as it is: credentials may be sealed with it", path));
  }
  if (file < 0) return base::Error(jira::v1::CONFIG_INVALID, fmt::format("{}: {}", path, std::strerror(errno)));
  const base::Secret text(crypto::GenerateKeyring());
  const bool written = WriteAll(file, text.Reveal());
  const int error = errno;
  close(file);
  if (written) return absl::OkStatus();
  unlink(path.c_str());
  return base::Error(jira::v1::CONFIG_INVALID, fmt::format("{}: {}", path, std::strerror(error)));
}

}  // namespace tajo::cli
