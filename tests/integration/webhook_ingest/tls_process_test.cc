#include <filesystem>

#include "tests/integration/webhook_ingest/process_fixture.h"
#include "tests/support/http_certs.h"
#include "tests/support/http_tls.h"

namespace tajo::ingest {
namespace {

using testing::TlsPeer;
using testing::TlsVersion;

// The binary with a certificate of its own, in files that can be renewed.
class TlsProcessTest : public ProcessTest {
 protected:
  TlsProcessTest() {
    flags_.push_back("--tls-cert=" + files_.cert);
    flags_.push_back("--tls-key=" + files_.key);
  }

  static std::string SignedPost(const std::string& connection, const std::string& body) {
    return fmt::format(
        "POST /webhooks/jira/{} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Hub-Signature: {}\r\n"
        "Content-Length: {}\r\n\r\n{}",
        connection, crypto::HubSignature(body, base::Secret(kSecret)), body.size(), body);
  }

  testing::TestCa ca_;
  testing::CertFiles files_ = ca_.Issue("ingest", "IP:127.0.0.1");
};

TEST_F(TlsProcessTest, VersionsBefore12_AreRefusedByTheServer) {
  Process process(flags_);
  for (const TlsVersion version : {TlsVersion::k1_0, TlsVersion::k1_1}) {
    TlsPeer peer(process.Port("listen"), version, ca_.CertFile());
    EXPECT_EQ(peer.Failure(), "tlsv1 alert protocol version");
    EXPECT_EQ(peer.Ask("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), "");
  }
}

TEST_F(TlsProcessTest, Webhook_IsTakenBy12AndBy13) {
  const std::string id = Connect({kSecret});
  Process process(flags_);
  std::size_t taken = 0;
  for (const TlsVersion version : {TlsVersion::k1_2, TlsVersion::k1_3}) {
    TlsPeer peer(process.Port("listen"), version, ca_.CertFile());
    ASSERT_EQ(peer.Failure(), "");
    const std::string answer = peer.Ask(SignedPost(id, IssueUpdated(10002 + static_cast<int64_t>(taken))));
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 202 ")) << answer;
    EXPECT_EQ(Events(id).size(), ++taken);
  }
}

TEST_F(TlsProcessTest, RenewedCertificate_IsServedWithoutARestart) {
  Process process(flags_);
  const auto serial = [&] { return TlsPeer(process.Port("listen"), TlsVersion::k1_3, ca_.CertFile()).Serial(); };
  const long first = serial();
  ASSERT_NE(first, 0);
  files_ = ca_.Issue("ingest", "IP:127.0.0.1");
  // File times may be too coarse to differ by themselves.
  const auto later = std::filesystem::file_time_type::clock::now() + std::chrono::minutes(1);
  std::filesystem::last_write_time(files_.cert, later);
  WaitFor([&] {
    const long served = serial();
    return served != 0 && served != first;
  });
  WaitFor([&] { return process.Log().find("TLS files reloaded") != std::string::npos; });
}

}  // namespace
}  // namespace tajo::ingest
