#include "common/redis/open.h"

#include <memory>
#include <utility>

#include "common/base/error.h"
#include "common/redis/cluster.h"
#include "common/redis/connection.h"
#include "common/redis/refusal.h"
#include "common/redis/script_call.h"
#include "common/redis/sentinel.h"
#include "common/redis/subscriber.h"
#include "common/redis/url.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::redis {
namespace {

namespace v1 = ::tajo::jira::v1;

base::Task<absl::StatusOr<Endpoint>> FindMaster(std::shared_ptr<MasterFinder> finder) {
  co_return co_await finder->Find();
}

class NodeClient final : public Client {
 public:
  explicit NodeClient(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {}

  base::Task<absl::StatusOr<Reply>> Execute(Args command) override { return connection_->Execute(std::move(command)); }

  base::Task<absl::StatusOr<Reply>> Run(const Script& script, Args keys, Args args) override {
    return RunScript(*connection_, script, std::move(keys), std::move(args));
  }

 private:
  static base::Task<absl::StatusOr<Reply>> RunScript(Connection& connection, const Script& script, Args keys,
                                                     Args args) {
    auto reply = co_await connection.Execute(ScriptCommand("EVALSHA", script.Sha(), keys, args));
    if (reply.ok() || RefusalWord(reply.status()) != "NOSCRIPT") co_return reply;
    // EVAL also makes the script known for the next time.
    co_return co_await connection.Execute(ScriptCommand("EVAL", script.Body(), keys, args));
  }

  std::unique_ptr<Connection> connection_;
};

// How to reach what a URL names.
struct Route {
  Locate locate;
  Login login;
};

absl::StatusOr<Route> RouteTo(boost::asio::io_context& loop, const Options& options, const Url& url) {
  Login login{url.user, url.password, url.db, options.name};
  const Endpoint first{url.socket_path, url.addresses.empty() ? Address() : url.addresses[0], url.tls};
  // Also reads the certificate authorities, so that a wrong path is told at once.
  TAJO_RETURN_IF_ERROR(MakeTransport(loop.get_executor(), first, options.tls_ca_file).status());
  if (url.topology == Topology::kSentinel) {
    login.role = Login::Role::kMaster;
    // Shared with the copies of the function, which all rotate through the sentinels together.
    const auto finder =
        std::make_shared<MasterFinder>(loop.get_executor(), url, options.tls_ca_file, options.connect_timeout);
    return Route{[finder] { return FindMaster(finder); }, std::move(login)};
  }
  // A message published on any node of a cluster reaches the subscribers of all.
  const auto turn = std::make_shared<std::size_t>(0);
  return Route{[first, seeds = url.addresses, turn] {
                 Endpoint next = first;
                 if (!seeds.empty()) next.address = seeds[(*turn)++ % seeds.size()];
                 return Fixed(std::move(next));
               },
               std::move(login)};
}

}  // namespace

absl::StatusOr<std::unique_ptr<Client>> Open(boost::asio::io_context& loop, const base::Clock& clock,
                                             base::Random& random, Options options) {
  TAJO_ASSIGN_OR_RETURN(const Url url, ParseUrl(options.url));
  TAJO_ASSIGN_OR_RETURN(Route route, RouteTo(loop, options, url));
  if (url.topology == Topology::kCluster) return MakeClusterClient(loop, clock, random, std::move(options), url);
  return std::make_unique<NodeClient>(std::make_unique<Connection>(loop, clock, random, std::move(options),
                                                                   std::move(route.locate), std::move(route.login)));
}

absl::StatusOr<std::unique_ptr<Subscriber>> OpenSubscriber(boost::asio::io_context& loop, base::Random& random,
                                                           Options options) {
  TAJO_ASSIGN_OR_RETURN(const Url url, ParseUrl(options.url));
  TAJO_ASSIGN_OR_RETURN(Route route, RouteTo(loop, options, url));
  return MakeSubscriber(loop, random, std::move(options), std::move(route.locate), std::move(route.login));
}

}  // namespace tajo::redis
