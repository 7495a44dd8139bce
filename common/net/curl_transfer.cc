#include "common/net/curl_transfer.h"

#include <fmt/format.h>
#include <strings.h>

#include <algorithm>
#include <new>

#include "common/base/error.h"
#include "common/net/line_break.h"
#include "common/net/method_name.h"
#include "common/net/public_address.h"
#include "common/net/url.h"
#include "tajo/jira/v1/error.pb.h"

namespace tajo::net {
namespace {

namespace v1 = jira::v1;

constexpr char kUserAgent[] = "tajo-jira/" TAJO_VERSION;
constexpr std::size_t kMaxHeaderBytes = 256u << 10;
// How much of a promised body is reserved before any of it is there.
constexpr std::size_t kMaxReserve = 1u << 20;

bool IsHttps(std::string_view url) {
  return url.size() > 8 && strncasecmp(url.data(), "https://", 8) == 0;
}

// The certificate, not the way to it, is what is wrong.
bool IsCertificateProblem(CURLcode code) {
  switch (code) {
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CRL_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
    case CURLE_SSL_INVALIDCERTSTATUS:
      return true;
    default:
      return false;
  }
}

std::string_view Trim(std::string_view text) {
  const auto is_space = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace

CurlTransfer::CurlTransfer(boost::asio::io_context& context) : timer_(context), easy_(curl_easy_init()) {
  if (easy_ == nullptr) throw std::bad_alloc();
}

CurlTransfer& CurlTransfer::Of(CURL* easy) {
  char* self = nullptr;
  curl_easy_getinfo(easy, CURLINFO_PRIVATE, &self);
  return *static_cast<CurlTransfer*>(static_cast<void*>(self));
}

absl::Status CurlTransfer::Begin(HttpRequest request, const CurlOptions& options) {
  request_ = std::move(request);
  public_only_ = options.public_only;
  const bool https = IsHttps(request_.url);
  CURL* const easy = easy_.get();
  curl_easy_reset(easy);
  curl_easy_setopt(easy, CURLOPT_PRIVATE, static_cast<void*>(this));
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, detail_.data());
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);  // don't block on a look-up that hangs
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, options.allow_insecure ? "https,http" : "https");
  curl_easy_setopt(easy, CURLOPT_URL, request_.url.c_str());
  curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(easy, CURLOPT_USERAGENT, kUserAgent);
  curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip");
  curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, static_cast<long>(options.idle_timeout.count()));
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                   static_cast<long>(std::min(options.connect_timeout, request_.timeout).count()));
  curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, &CurlTransfer::OnReady);
  curl_easy_setopt(easy, CURLOPT_PREREQDATA, this);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &CurlTransfer::OnHeader);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &CurlTransfer::OnBody);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
  if (https) {
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
    curl_easy_setopt(easy, CURLOPT_PIPEWAIT, 1L);  // share a connection that is being made
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    if (!options.ca_file.empty()) {
      curl_easy_setopt(easy, CURLOPT_CAINFO, options.ca_file.c_str());
      curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);
    }
  } else {
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  }
  SetBody();
  return SetHeaders();
}

void CurlTransfer::SetBody() {
  CURL* const easy = easy_.get();
  const auto size = static_cast<curl_off_t>(request_.body.size());
  const bool has_body = size > 0;
  const bool is_get = request_.method == Method::kGet;
  if (!has_body && (is_get || request_.method == Method::kDelete)) {
    curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
  } else {
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, size);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request_.body.data());
  }
  if (request_.method != Method::kPost && !(is_get && !has_body)) {
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, MethodName(request_.method));
  }
}

absl::Status CurlTransfer::SetHeaders() {
  curl_slist* list = nullptr;
  std::string line;
  const auto append = [&list](const char* text) {
    curl_slist* const longer = curl_slist_append(list, text);
    if (longer == nullptr) {
      curl_slist_free_all(list);
      throw std::bad_alloc();
    }
    list = longer;
  };
  for (const auto& [name, value] : request_.headers.Fields()) {
    if (name.empty() || BreaksLine(name) || BreaksLine(value) || name.find_first_of(": ;") != name.npos) {
      curl_slist_free_all(list);
      return base::Error(v1::REQUEST_INVALID, "a request header has a line break or an invalid name");
    }
    line.assign(name);
    line.append(value.empty() ? ";" : ": ").append(value);  // "Name;" is curl's way to send it empty
    append(line.c_str());
  }
  append("Expect:");
  // Curl would call a body without a type a form.
  if (!request_.headers.Find("content-type")) append("Content-Type:");
  header_list_.reset(list);
  curl_easy_setopt(easy_.get(), CURLOPT_HTTPHEADER, list);
  return absl::OkStatus();
}

void CurlTransfer::Finish(CURLcode code) {
  code_ = code;
  finished_ = true;
  timer_.cancel();
}

void CurlTransfer::Clear() {
  request_ = {};
  response_ = {};
  header_list_.reset();
  led_inside_ = false;
  sendings_ = 0;
  header_bytes_ = 0;
  head_complete_ = false;
  too_large_ = false;
  finished_ = false;
  code_ = CURLE_OK;
  detail_[0] = '\0';
}

absl::StatusOr<HttpResponse> CurlTransfer::TakeOutcome() {
  // Curl takes a connection that ends within the headers for an answer without a body.
  if (code_ == CURLE_OK && !head_complete_) code_ = CURLE_PARTIAL_FILE;
  if (code_ != CURLE_OK) return Failure();
  long status = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
  response_.status = static_cast<int>(status);
  return std::move(response_);
}

bool CurlTransfer::MayHaveBeenSent() const {
  if (sendings_ > 1) return true;
  curl_off_t ready_after = 0;  // 0 until the request was first handed to a connection
  long request_bytes = 0;      // counts a proxy's CONNECT, too
  long proxy_status = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_PRETRANSFER_TIME_T, &ready_after);
  curl_easy_getinfo(easy_.get(), CURLINFO_REQUEST_SIZE, &request_bytes);
  curl_easy_getinfo(easy_.get(), CURLINFO_HTTP_CONNECTCODE, &proxy_status);
  return ready_after > 0 || (request_bytes > 0 && proxy_status == 0);
}

// Names the host and what failed. Of curl's own text only what comes before a request is taken:
// later text may quote the server.
absl::Status CurlTransfer::Failure() const {
  const auto url = ParseUrl(request_.url);
  const std::string origin = url.ok() ? url->Origin() : std::string("the upstream");
  if (led_inside_) {
    return base::Error(v1::UPSTREAM_INSECURE, fmt::format("{}: leads to an address within this network, which needs "
                                                          "--allow-private-upstreams",
                                                          origin));
  }
  if (too_large_) {
    return base::Error(v1::UPSTREAM_RESPONSE_TOO_LARGE,
                       fmt::format("{}: the answer is larger than {} bytes", origin, request_.max_response_bytes));
  }
  const char* const cause = sendings_ > 1 ? "the connection was closed" : curl_easy_strerror(code_);
  if (MayHaveBeenSent()) {
    return base::Error(v1::UPSTREAM_AMBIGUOUS, fmt::format("{}: sent, but no complete answer came: {}", origin, cause));
  }
  if (code_ == CURLE_URL_MALFORMAT || code_ == CURLE_UNSUPPORTED_PROTOCOL) {
    return base::Error(v1::REQUEST_INVALID, fmt::format("{}: the URL can't be used", origin));
  }
  const std::string why = detail_[0] == '\0' ? std::string(cause) : fmt::format("{} ({})", cause, detail_.data());
  if (IsCertificateProblem(code_)) {
    return base::Error(v1::UPSTREAM_TLS_FAILED, fmt::format("{}: its certificate is refused: {}", origin, why));
  }
  return base::Error(v1::UPSTREAM_UNREACHABLE, fmt::format("{}: can't be reached: {}", origin, why));
}

std::size_t CurlTransfer::OnHeader(char* line, std::size_t size, std::size_t count, void* self) {
  auto& transfer = *static_cast<CurlTransfer*>(self);
  const std::size_t length = size * count;
  const std::string_view text(line, length);
  transfer.header_bytes_ += length;
  if (transfer.header_bytes_ > kMaxHeaderBytes) {
    transfer.too_large_ = true;
    return 0;
  }
  if (text.substr(0, 5) == "HTTP/") {  // a further answer, after 100 Continue: only the last counts
    transfer.response_.headers = {};
    transfer.head_complete_ = false;
    return length;
  }
  if (text == "\r\n" || text == "\n") transfer.head_complete_ = true;
  const std::size_t colon = text.find(':');
  if (colon != std::string_view::npos) {
    transfer.response_.headers.Add(std::string(Trim(text.substr(0, colon))), std::string(Trim(text.substr(colon + 1))));
  }
  return length;
}

std::size_t CurlTransfer::OnBody(char* bytes, std::size_t size, std::size_t count, void* self) {
  auto& transfer = *static_cast<CurlTransfer*>(self);
  const std::size_t length = size * count;
  std::string& body = transfer.response_.body;
  const std::size_t limit = transfer.request_.max_response_bytes;
  if (body.empty()) {
    curl_off_t promised = -1;
    curl_easy_getinfo(transfer.easy_.get(), CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &promised);
    if (promised > 0 && static_cast<std::size_t>(promised) > limit) transfer.too_large_ = true;
    if (promised > 0) body.reserve(std::min(static_cast<std::size_t>(promised), std::min(limit, kMaxReserve)));
  }
  if (length > limit - std::min(limit, body.size())) transfer.too_large_ = true;
  if (transfer.too_large_) return 0;  // CURLE_WRITE_ERROR
  body.append(bytes, length);
  return length;
}

// Curl sends what went out on a reused connection that closed again by itself, which could do it twice at the
// other side, and which no limit on calls would know of.
int CurlTransfer::OnReady(void* self, char* address, char*, int, int) {
  auto& transfer = *static_cast<CurlTransfer*>(self);
  transfer.led_inside_ = transfer.public_only_ && !IsPublicAddress(address == nullptr ? "" : address);
  if (transfer.led_inside_) return CURL_PREREQFUNC_ABORT;
  return ++transfer.sendings_ == 1 ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}

}  // namespace tajo::net
