#include "services/webhook-ingest/directory.h"

#include <chrono>
#include <optional>
#include <utility>

#include "common/base/error.h"
#include "common/store/connection_fields.h"
#include "common/store/keys.h"
#include "common/store/pipeline.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::ingest {
namespace {

// Entries of about 1 KB, on each loop.
constexpr std::size_t kConnections = 16'384;
constexpr std::size_t kSites = 16'384;
constexpr std::size_t kApps = 256;
constexpr std::chrono::seconds kAppLife{5};
constexpr std::size_t kDecoyBytes = 256;
constexpr char kDecoyKey[] = "decoy";

absl::StatusOr<jira::v1::Credentials> OpenCredentials(const crypto::Keyring& keyring, const std::string& sealed,
                                                      const std::string& key) {
  TAJO_ASSIGN_OR_RETURN(const base::Secret opened, keyring.Open(sealed, key));
  jira::v1::Credentials credentials;
  if (!credentials.ParseFromString(opened.Reveal())) {
    return base::Error(jira::v1::CREDENTIALS_UNREADABLE, "the stored credentials are damaged; connect again");
  }
  return credentials;
}

}  // namespace

Directory::Directory(redis::Client& redis, const base::Clock& clock, base::Random& random,
                     const crypto::Keyring& keyring)
    : redis_(redis),
      clock_(clock),
      keyring_(keyring),
      connections_(redis, clock, random, keyring),
      grants_(redis, random, keyring),
      known_(kConnections),
      sites_(kSites),
      apps_(kApps),
      decoy_credentials_(keyring.Seal(std::string(kDecoyBytes, ' '), kDecoyKey)) {}

base::Task<absl::StatusOr<Found<KnownConnection>>> Directory::Find(std::string connection_id, Look look) {
  Found<KnownConnection> found;
  if (look == Look::kInMemory) {
    found.value = known_.Find(connection_id);
    if (found.value != nullptr) co_return found;
  }
  found.from_redis = true;
  const std::string key = store::Keys(connection_id).Connection();
  std::vector<redis::Args> commands;
  commands.push_back(store::ReadCommand(key));
  commands.push_back({"HGET", key, "credentials"});
  TAJO_CO_ASSIGN_OR_RETURN(const auto replies, co_await store::ExecuteAll(redis_, std::move(commands)));
  const std::optional<store::ConnectionRecord> record = store::RecordOf(connection_id, replies[0]);
  if (!record || replies[1].IsNil()) {
    (void)keyring_.Open(decoy_credentials_, kDecoyKey);
    known_.Drop(connection_id);
    co_return found;
  }
  auto credentials = OpenCredentials(keyring_, replies[1].String(), key);
  if (!credentials.ok()) {
    co_return base::Annotate(credentials.status(), "connection " + connection_id);
  }
  found.value = std::make_shared<KnownConnection>(MakeKnown(*record, *credentials));
  if (const auto former = known_.Find(connection_id)) found.value->in_hand = former->in_hand;
  known_.Put(connection_id, found.value);
  co_return found;
}

base::Task<absl::StatusOr<Found<const std::vector<std::string>>>> Directory::OfSite(std::string site, Look look) {
  Found<const std::vector<std::string>> found;
  if (look == Look::kInMemory) {
    found.value = sites_.Find(site);
    if (found.value != nullptr) co_return found;
  }
  found.from_redis = true;
  auto ids = co_await connections_.OfSite(site);
  if (!ids.ok()) co_return ids.status();
  if (ids->empty()) {
    sites_.Drop(site);
    co_return found;
  }
  found.value = std::make_shared<const std::vector<std::string>>(*std::move(ids));
  sites_.Put(site, found.value);
  co_return found;
}

base::Task<absl::StatusOr<Found<const std::vector<base::Secret>>>> Directory::AppSecrets(std::string app_id,
                                                                                         Look look) {
  Found<const std::vector<base::Secret>> found;
  const base::MonotonicTime now = clock_.Monotonic();
  if (look == Look::kInMemory) {
    const std::shared_ptr<App> known = apps_.Find(app_id);
    if (known != nullptr && now - known->read_at < kAppLife) {
      found.value = known->secrets;
      co_return found;
    }
  }
  found.from_redis = true;
  auto app = co_await grants_.GetApp(app_id);
  std::vector<base::Secret> secrets;
  if (app.ok()) {
    for (const std::string& secret : app->client_secrets()) secrets.emplace_back(secret);
  } else if (base::ReasonOf(app.status()) != jira::v1::OAUTH_CLIENT_INVALID) {
    co_return base::Annotate(app.status(), "app " + app_id);
  }
  found.value = std::make_shared<const std::vector<base::Secret>>(std::move(secrets));
  apps_.Put(app_id, std::make_shared<App>(App{found.value, now}));
  co_return found;
}

}  // namespace tajo::ingest
