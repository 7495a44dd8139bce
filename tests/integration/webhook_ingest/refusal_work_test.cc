#include <dlfcn.h>
#include <openssl/evp.h>

#include <atomic>
#include <cstdlib>

#include "services/webhook-ingest/gate.h"
#include "tests/integration/webhook_ingest/fixture.h"

namespace {

// HMACs over messages of one size that OpenSSL was asked for, by all threads of this process.
std::atomic<std::size_t> counted_size{0};
std::atomic<int> counted_hmacs{0};

}  // namespace

// Stands before OpenSSL's own, which does the work.
extern "C" int EVP_MAC_update(EVP_MAC_CTX* context, const unsigned char* data, size_t size) {
  static const auto real = reinterpret_cast<decltype(&EVP_MAC_update)>(dlsym(RTLD_NEXT, "EVP_MAC_update"));
  if (real == nullptr) std::abort();
  if (size == counted_size) ++counted_hmacs;
  return real(context, data, size);
}

namespace tajo::ingest {
namespace {

// The HMACs over messages of that size while `work` is done.
template <class Work>
int HmacsOver(std::size_t size, Work work) {
  counted_size = size;
  counted_hmacs = 0;
  work();
  counted_size = 0;
  return counted_hmacs;
}

TEST(RefusalWork, Gate_TakesTwoHmacsWhoeverIsMeant) {
  base::SeededRandom random{1};
  const Gate gate(random);
  const std::string body(1'000'003, 'x');
  std::string signature = crypto::HubSignature(body, base::Secret("a guess"));
  const auto hmacs = [&](const KnownConnection* connection) {
    return HmacsOver(body.size(), [&] { EXPECT_FALSE(gate.AdmitsSigned(connection, signature, body)); });
  };
  KnownConnection known;
  known.takes_webhooks = true;
  EXPECT_EQ(hmacs(nullptr), 2);
  EXPECT_EQ(hmacs(&known), 2) << "without a secret";
  known.webhook_secrets.emplace_back(kSecret);
  EXPECT_EQ(hmacs(&known), 2) << "with one";
  known.webhook_secrets.emplace_back("the next one");
  EXPECT_EQ(hmacs(&known), 2) << "with two";
  known.takes_webhooks = false;
  EXPECT_EQ(hmacs(&known), 2) << "that isn't connected yet";

  known.takes_webhooks = true;
  signature.clear();
  EXPECT_EQ(hmacs(nullptr), 0) << "nothing is signed";
  EXPECT_EQ(hmacs(&known), 0) << "nothing is signed";
}

TEST_F(IngestTest, NoSuchConnection_IsRefusedByTheSameWorkAsAForgedSignature) {
  StartService();
  const std::string body = IssueUpdated(10002);
  const auto hmacs = [&](const std::string& connection) {
    const Headers headers = {{"X-Hub-Signature", crypto::HubSignature(body, base::Secret("a guess"))}};
    return HmacsOver(body.size(), [&] {
      EXPECT_EQ(Send(net::Method::kPost, "/webhooks/jira/" + connection, body, headers).status, 401);
    });
  };
  const std::string one = Connect({kSecret});
  const std::string rotating = Connect({"the next one", kSecret});
  EXPECT_EQ(hmacs("c_00000000000000000000"), 2);
  EXPECT_EQ(hmacs("no.name"), 2) << "which nobody has to look for";
  EXPECT_EQ(hmacs(one), 2);
  EXPECT_EQ(hmacs(rotating), 2);

  // Memory knows it by now: what that leads to is looked up again, but not judged again.
  EXPECT_EQ(hmacs(one), 2);
}

}  // namespace
}  // namespace tajo::ingest
