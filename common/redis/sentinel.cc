#include "common/redis/sentinel.h"

#include <fmt/format.h>

#include <utility>
#include <vector>

#include "common/base/error.h"
#include "common/redis/dial.h"
#include "common/redis/refusal.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::redis {
namespace {

namespace v1 = ::tajo::jira::v1;

}  // namespace

MasterFinder::MasterFinder(boost::asio::any_io_executor executor, Url url, std::string tls_ca_file,
                           std::chrono::milliseconds timeout)
    : executor_(std::move(executor)), url_(std::move(url)), tls_ca_file_(std::move(tls_ca_file)), timeout_(timeout) {}

base::Task<absl::StatusOr<Endpoint>> MasterFinder::Find() {
  const std::size_t first = next_;
  next_ = (next_ + 1) % url_.addresses.size();
  absl::Status last;
  for (std::size_t i = 0; i < url_.addresses.size(); ++i) {
    const Address& sentinel = url_.addresses[(first + i) % url_.addresses.size()];
    auto master = co_await AskSentinel(sentinel, false);
    // Sentinels often have no password of their own, or else the servers'.
    if (RefusalWord(master.status()) == "NOAUTH" && !url_.password.Empty()) {
      master = co_await AskSentinel(sentinel, true);
    }
    if (master.ok()) co_return master;
    last = base::Annotate(master.status(), fmt::format("sentinel {}", ToString(sentinel)));
  }
  co_return last;
}

base::Task<absl::StatusOr<Endpoint>> MasterFinder::AskSentinel(Address sentinel, bool with_password) {
  Dialled wire(executor_, tls_ca_file_, timeout_);
  const Endpoint endpoint{"", sentinel, url_.tls};
  const Locate locate = [&endpoint] { return Fixed(endpoint); };
  Login login;
  login.name = "tajo";
  if (with_password) login.password = url_.password;
  const absl::Status opened = co_await wire.Open(locate, login);
  if (!opened.ok()) co_return opened;

  std::vector<Args> question;
  question.push_back({"SENTINEL", "get-master-addr-by-name", url_.master});
  auto answers = co_await wire.Ask(std::move(question));
  if (!answers.ok()) co_return answers.status();
  const Answer& answer = answers->front();
  if (!answer.error.empty()) co_return Refusal("SENTINEL", answer.error);
  const auto& parts = answer.reply.Elements();
  if (parts.size() != 2) {
    co_return base::Error(v1::REDIS_UNAVAILABLE,
                          fmt::format("knows no master '{}'; check the name in --redis-url", url_.master));
  }
  Endpoint master;
  master.tls = url_.tls;
  master.address = {parts[0].String(), static_cast<uint16_t>(parts[1].Integer())};
  co_return master;
}

}  // namespace tajo::redis
