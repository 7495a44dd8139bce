#include "common/net/curl_client.h"

#include <strings.h>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <utility>

#include "common/base/error.h"
#include "common/net/curl_multi.h"
#include "common/net/url.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::net {
namespace {

bool StartsWithScheme(std::string_view url, std::string_view scheme) {
  return url.size() > scheme.size() && strncasecmp(url.data(), scheme.data(), scheme.size()) == 0;
}

absl::Status CheckUrl(const std::string& url, const CurlOptions& options) {
  if (StartsWithScheme(url, "https://")) return absl::OkStatus();
  if (!StartsWithScheme(url, "http://")) {
    return base::Error(jira::v1::REQUEST_INVALID, "an upstream URL must begin with https://");
  }
  if (options.allow_insecure) return absl::OkStatus();
  return base::Error(jira::v1::UPSTREAM_INSECURE,
                     "the upstream URL is http://: use https://, or allow it by --allow-insecure-upstreams");
}

// A transfer while a request needs it: whichever way the coroutine ends, curl lets go of it.
class Lease {
 public:
  explicit Lease(CurlMulti& multi) : multi_(multi), transfer_(multi.Take()) {}
  ~Lease() {
    Stop();
    multi_.GiveBack(std::move(transfer_));
  }
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;

  CurlTransfer& operator*() { return *transfer_; }
  void Start() {
    started_ = true;
    multi_.Add(*transfer_);
  }
  void Stop() {
    if (std::exchange(started_, false) && !transfer_->IsFinished()) multi_.Remove(*transfer_);
  }

 private:
  CurlMulti& multi_;
  std::unique_ptr<CurlTransfer> transfer_;
  bool started_ = false;
};

class CurlClient final : public HttpClient {
 public:
  CurlClient(boost::asio::io_context& context, CurlOptions options)
      : multi_(std::make_shared<CurlMulti>(context, std::move(options))) {}

  base::Task<absl::StatusOr<HttpResponse>> Send(HttpRequest request) override {
    return Run(multi_, std::move(request));
  }

 private:
  static base::Task<absl::StatusOr<HttpResponse>> Run(std::shared_ptr<CurlMulti> multi, HttpRequest request) {
    TAJO_CO_RETURN_IF_ERROR(CheckUrl(request.url, multi->Options()));
    const auto deadline = std::chrono::steady_clock::now() + request.timeout;
    Lease lease(*multi);
    CurlTransfer& transfer = *lease;
    TAJO_CO_RETURN_IF_ERROR(transfer.Begin(std::move(request), multi->Options()));
    transfer.Timer().expires_at(deadline);
    lease.Start();
    boost::system::error_code error;
    co_await transfer.Timer().async_wait(boost::asio::redirect_error(boost::asio::use_awaitable, error));
    if (!transfer.IsFinished()) {
      if (error) throw boost::system::system_error(error);  // cancelled
      // Curl's own time-out doesn't run while a request waits for a connection; this one does.
      lease.Stop();
      transfer.Finish(CURLE_OPERATION_TIMEDOUT);
    }
    co_return transfer.TakeOutcome();
  }

  std::shared_ptr<CurlMulti> multi_;
};

}  // namespace

std::unique_ptr<HttpClient> MakeCurlClient(boost::asio::io_context& context, CurlOptions options) {
  return std::make_unique<CurlClient>(context, std::move(options));
}

}  // namespace tajo::net
