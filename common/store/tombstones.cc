#include "common/store/tombstones.h"

#include "common/crypto/digest.h"

namespace tajo::store {
namespace {

constexpr std::size_t kTombstoneBytes = 16;

std::string Mark(const base::Secret& key, std::string_view kind, std::string_view what) {
  const std::string message = std::string(kind).append(what);
  const crypto::Digest digest = crypto::HmacSha256(key.Reveal(), message);
  return std::string(crypto::Bytes(digest).substr(0, kTombstoneBytes));
}

}  // namespace

std::string Tombstones::Of(const ContactId& contact) const {
  return Mark(key_, "contact:", contact.Bytes());
}

std::string Tombstones::OfAccount(std::string_view account_id) const {
  return Mark(key_, "account:", account_id);
}

}  // namespace tajo::store
