#include "services/sync-worker/writing/content_hash.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "common/crypto/digest.h"

namespace tajo::worker {

std::string ContentHash(const store::ContactToWrite& contact) {
  // Protobuf's maps have no order.
  const std::map<std::string, std::string> attributes(contact.desired.attributes().begin(),
                                                      contact.desired.attributes().end());
  std::string text = contact.desired.email();
  for (const auto& [name, value] : attributes) text += fmt::format("\x1f{}\x1e{}", name, value);
  auto lists = std::vector<int64_t>(contact.desired.list_ids().begin(), contact.desired.list_ids().end());
  std::sort(lists.begin(), lists.end());
  for (const int64_t list : lists) text += fmt::format("\x1d+{}", list);
  auto left = contact.unlink_list_ids;
  std::sort(left.begin(), left.end());
  for (const int64_t list : left) text += fmt::format("\x1d-{}", list);
  const auto digest = crypto::Sha256(text);
  return std::string(crypto::Bytes(digest).substr(0, 16));
}

}  // namespace tajo::worker
