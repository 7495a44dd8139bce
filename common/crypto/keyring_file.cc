#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstring>

#include "common/base/error.h"
#include "common/crypto/base64.h"
#include "common/crypto/sealing.h"
#include "tajo/jira/v1/error.pb.h"

// How a keyring is read; what it does is in sealing.cc.
namespace tajo::crypto {
namespace {

constexpr std::size_t kMaxFileBytes = 64 * 1024;
constexpr std::size_t kMaxIdBytes = 64;

absl::Status Invalid(std::string_view message) {
  return base::Error(jira::v1::CONFIG_INVALID, message);
}

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r";
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

bool IsKeyId(std::string_view id) {
  return !id.empty() && id.size() <= kMaxIdBytes && std::ranges::all_of(id, [](unsigned char c) {
    return c < 0x80 && (std::isalnum(c) != 0 || c == '.' || c == '_' || c == '-');
  });
}

class File {
 public:
  explicit File(const std::string& path) : descriptor_(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
  ~File() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int Descriptor() const { return descriptor_; }

 private:
  const int descriptor_;
};

absl::Status CheckPermissions(const std::string& path, const struct stat& file) {
  if (!S_ISREG(file.st_mode)) return Invalid(fmt::format("keyring {}: not a regular file", path));
  const mode_t allowed = file.st_uid == geteuid() ? 0600 : 0640;
  const mode_t mode = file.st_mode & 07777;
  if ((mode & ~allowed) != 0) {
    return Invalid(fmt::format("keyring {}: its permissions are {:04o}, wider than {:04o}: run chmod 600 {}", path,
                               mode, allowed, path));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Keyring> Keyring::Load(const std::string& path) {
  const File file(path);
  if (file.Descriptor() < 0) {
    return Invalid(fmt::format("keyring {}: {}; make one with: tajo keyring generate --output {}", path,
                               std::strerror(errno), path));
  }
  // Of the open file, not of the path: nobody can swap it in between.
  struct stat attributes {};
  if (fstat(file.Descriptor(), &attributes) != 0) {
    return Invalid(fmt::format("keyring {}: {}", path, std::strerror(errno)));
  }
  TAJO_RETURN_IF_ERROR(CheckPermissions(path, attributes));

  std::string buffer(kMaxFileBytes + 1, '\0');
  std::size_t size = 0;
  while (size < buffer.size()) {
    const ssize_t got = read(file.Descriptor(), buffer.data() + size, buffer.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Invalid(fmt::format("keyring {}: {}", path, std::strerror(errno)));
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  const base::Secret wiped_after(std::move(buffer));
  if (size > kMaxFileBytes) return Invalid(fmt::format("keyring {}: larger than 64 KB", path));
  return Parse(std::string_view(wiped_after.Reveal()).substr(0, size), fmt::format("keyring {}", path));
}

absl::StatusOr<Keyring> Keyring::Parse(std::string_view text, std::string_view origin) {
  Keyring keyring;
  for (int line_number = 1; !text.empty(); ++line_number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = Trim(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line.starts_with('#')) continue;
    if (absl::Status status = keyring.Add(line); !status.ok()) {
      return base::Annotate(status, fmt::format("{}: line {}", origin, line_number));
    }
  }
  if (keyring.keys_.empty()) return Invalid(fmt::format("{}: holds no key; tajo keyring generate makes one", origin));
  return keyring;
}

// Errors never quote the line: it may hold a key.
absl::Status Keyring::Add(std::string_view line) {
  const std::size_t colon = line.find(':');
  const std::string_view id = Trim(line.substr(0, colon));
  if (colon == std::string_view::npos || !IsKeyId(id)) {
    return Invalid("expected '<key id>: <32 bytes in base64>', the id of at most 64 letters, digits, '.', '_' and '-'");
  }
  if (Find(id) != nullptr) return Invalid(fmt::format("the key id '{}' stands here twice", id));
  std::string_view value = Trim(line.substr(colon + 1));
  if (const std::size_t comment = value.find(" #"); comment != std::string_view::npos) {
    value = Trim(value.substr(0, comment));
  }
  auto decoded = UnBase64(value);
  if (!decoded) return Invalid(fmt::format("the key '{}' isn't base64", id));
  base::Secret bytes(*std::move(decoded));
  if (bytes.Reveal().size() != kKeyBytes) {
    return Invalid(fmt::format("the key '{}' has {} bytes, not 32", id, bytes.Reveal().size()));
  }
  if (std::ranges::all_of(bytes.Reveal(), [](char byte) { return byte == 0; })) {
    return Invalid(fmt::format("the key '{}' is all zeroes", id));
  }
  for (const Key& other : keys_) {
    if (other.bytes.Reveal() == bytes.Reveal()) {
      return Invalid(fmt::format("the keys '{}' and '{}' are the same", other.id, id));
    }
  }
  keys_.push_back({std::string(id), std::move(bytes)});
  return absl::OkStatus();
}

}  // namespace tajo::crypto
