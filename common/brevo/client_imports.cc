#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "common/base/error.h"
#include "common/brevo/batching.h"
#include "common/brevo/client.h"
#include "common/brevo/client_request.h"
#include "common/brevo/decode.h"
#include "common/brevo/encode.h"
#include "common/brevo/errors.h"
#include "common/net/url.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::brevo {
namespace {

namespace v1 = ::tajo::jira::v1;

constexpr std::string_view kImport = "POST /contacts/import";
constexpr std::string_view kProcess = "GET /processes/{id}";
constexpr std::string_view kResultFile = "GET result file";
constexpr std::size_t kMaxResultBytes = 16u << 20;  // twice an import's rows

// A result file is where Brevo says, so it must not be a place that only we can reach: a name that is
// known to the world, over https. Redirects aren't followed.
absl::Status CheckResultUrl(const std::string& text) {
  const auto url = net::ParseUrl(text);
  if (!url.ok() || url->scheme != "https") {
    return base::Error(v1::UPSTREAM_INSECURE, "import result: Brevo gave an address that isn't https://");
  }
  const std::string& host = url->host;
  const std::size_t dot = host.rfind('.');
  const bool named = dot != std::string::npos && dot + 1 < host.size() && host.find(':') == std::string::npos &&
                     std::isalpha(static_cast<unsigned char>(host.back())) != 0;
  const bool internal = host.ends_with(".local") || host.ends_with(".internal") || host.ends_with(".localhost");
  if (!named || internal || url->port != 443) {
    return base::Error(v1::UPSTREAM_INSECURE, "import result: Brevo gave an address that isn't on the public net");
  }
  return absl::OkStatus();
}

}  // namespace

base::Task<absl::StatusOr<int64_t>> Client::Import(std::vector<std::string> rows, std::vector<int64_t> list_ids) {
  TAJO_CO_ASSIGN_OR_RETURN(std::string body, ImportBody(rows, list_ids));
  if (body.size() > kMaxImportBytes) {
    co_return base::Error(v1::REQUEST_INVALID, fmt::format("import: {} bytes, at most {}; plan it with ImportPlanner",
                                                           body.size(), kMaxImportBytes));
  }
  // A second import beside the first gets both stuck, so it isn't repeated blindly.
  Request request{net::Method::kPost, kImport,         "/contacts/import",     Family::kContacts,
                  Lane::kBackfill,    std::move(body), Repeat::kOnlyIfNotActed};
  auto response = co_await Exchange(std::move(request));
  if (!response.ok()) co_return response.status();
  if (response->status != 202) co_return ErrorFrom(*response, kImport);
  co_return DecodeId(response->body, "processId");
}

base::Task<absl::StatusOr<Process>> Client::GetProcess(int64_t process_id) {
  Request request{net::Method::kGet, kProcess,    fmt::format("/processes/{}", process_id),
                  Family::kOther,    Lane::kLive, {}};
  auto response = co_await Exchange(std::move(request));
  if (!response.ok()) co_return response.status();
  if (response->status != 200) co_return ErrorFrom(*response, kProcess);
  co_return DecodeProcess(response->body);
}

base::Task<absl::StatusOr<std::vector<std::string>>> Client::RejectedEmails(ResultFile file) {
  // Plain http only where Brevo itself is spoken to so (a simulator).
  if (!options_.base_url.starts_with("http://")) TAJO_CO_RETURN_IF_ERROR(CheckResultUrl(file.url));
  net::HttpRequest request;
  request.url = file.url;
  request.timeout = options_.timeout;
  request.max_response_bytes = kMaxResultBytes;
  const base::MonotonicTime begin = clock_.Monotonic();
  auto response = co_await http_.Send(std::move(request));
  if (observer_ != nullptr) {
    observer_->OnCall({kResultFile, Family::kOther, response.ok() ? response->status : 0, clock_.Monotonic() - begin});
  }
  if (!response.ok()) co_return response.status();
  if (response->status != 200) co_return ErrorFrom(*response, kResultFile);
  co_return EmailsInCsv(response->body);
}

std::chrono::seconds ImportPollDelay(int look, std::size_t rows) {
  // About a thousand rows a second, then ever slower: a day of waiting stays below 100 looks.
  const auto first = std::clamp<int64_t>(static_cast<int64_t>(rows / 1000), 5, 120);
  constexpr std::array<int64_t, 5> kFactors = {1, 1, 2, 4, 8};
  const std::size_t step = std::min(static_cast<std::size_t>(std::max(look, 0)), kFactors.size() - 1);
  const int64_t delay = first * kFactors[step];
  return std::chrono::seconds(look >= static_cast<int>(kFactors.size()) ? std::max<int64_t>(delay, 120) : delay);
}

}  // namespace tajo::brevo
