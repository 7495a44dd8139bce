#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "common/base/error.h"
#include "common/net/curl_client.h"
#include "common/net/http_server.h"
#include "tajo/jira/v1/error.pb.h"
#include "tests/support/run_task.h"

namespace tajo::net {

namespace v1 = ::tajo::jira::v1;

// Answers each request by what `answer` makes of it.
inline Handler Answering(std::function<ServerResponse(const ServerRequest&)> answer) {
  return [answer = std::move(answer)](const ServerRequest& request) -> base::Task<ServerResponse> {
    return [](std::function<ServerResponse(const ServerRequest&)> call,
              const ServerRequest& seen) -> base::Task<ServerResponse> { co_return call(seen); }(answer, request);
  };
}

inline ServerResponse Text(std::string body, int status = 200) {
  ServerResponse response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

// A server on loops of its own.
struct TestServer {
  explicit TestServer(Handler handler, ServerOptions options = {}, std::size_t threads = 1)
      : loops(threads), server(HttpServer::Start(loops, std::move(options), std::move(handler)).value()) {}
  std::string Url(std::string_view path, std::string_view scheme = "http") const {
    return std::string(scheme) + "://127.0.0.1:" + std::to_string(server->Port()) + std::string(path);
  }

  LoopPool loops;
  std::unique_ptr<HttpServer> server;
};

inline CurlOptions Insecure() {
  CurlOptions options;
  options.allow_insecure = true;
  return options;
}

// A client on a context that runs only inside Send.
struct TestClient {
  explicit TestClient(CurlOptions options = Insecure()) : client(MakeCurlClient(context, std::move(options))) {}
  absl::StatusOr<HttpResponse> Send(HttpRequest request) {
    return testing::RunTask(context, client->Send(std::move(request)));
  }
  absl::StatusOr<HttpResponse> Get(std::string url) { return Send(Request(Method::kGet, std::move(url))); }

  static HttpRequest Request(Method method, std::string url, std::string body = {}) {
    HttpRequest request;
    request.method = method;
    request.url = std::move(url);
    request.body = std::move(body);
    return request;
  }

  boost::asio::io_context context;
  std::unique_ptr<HttpClient> client;
};

}  // namespace tajo::net
