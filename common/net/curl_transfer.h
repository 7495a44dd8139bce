#pragma once

#include <curl/curl.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>

#include "common/net/curl_client.h"

namespace tajo::net {

// One request on an easy handle, and the answer as it comes in. Reusable one after the other: the
// handle keeps its buffers. Must not move while curl works on it.
class CurlTransfer {
 public:
  explicit CurlTransfer(boost::asio::io_context& context);
  CurlTransfer(const CurlTransfer&) = delete;
  CurlTransfer& operator=(const CurlTransfer&) = delete;

  // Sets the handle up. REQUEST_INVALID for a header that would break the message.
  absl::Status Begin(HttpRequest request, const CurlOptions& options);
  // Curl is done with it, or the deadline is over (CURLE_OPERATION_TIMEDOUT).
  void Finish(CURLcode code);
  bool IsFinished() const { return finished_; }
  // What became of it, once finished.
  absl::StatusOr<HttpResponse> TakeOutcome();
  // Forgets request and answer.
  void Clear();

  CURL* Handle() const { return easy_.get(); }
  // Waits for the deadline; cancelled when curl is done.
  boost::asio::steady_timer& Timer() { return timer_; }
  static CurlTransfer& Of(CURL* easy);

 private:
  struct EasyDeleter {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
  };
  struct ListDeleter {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
  };

  absl::Status SetHeaders();
  void SetBody();
  bool MayHaveBeenSent() const;
  absl::Status Failure() const;

  static std::size_t OnHeader(char* line, std::size_t size, std::size_t count, void* self);
  static std::size_t OnBody(char* bytes, std::size_t size, std::size_t count, void* self);
  static int OnReady(void* self, char* address, char* local, int port, int local_port);

  boost::asio::steady_timer timer_;
  HttpRequest request_;
  HttpResponse response_;
  std::unique_ptr<curl_slist, ListDeleter> header_list_;
  bool public_only_ = false;
  bool led_inside_ = false;  // and was refused
  int sendings_ = 0;         // times that curl had a connection and was to send
  std::size_t header_bytes_ = 0;
  bool head_complete_ = false;
  bool too_large_ = false;
  bool finished_ = false;
  CURLcode code_ = CURLE_OK;
  std::array<char, CURL_ERROR_SIZE> detail_{};
  std::unique_ptr<CURL, EasyDeleter> easy_;  // last: freed before what it points to
};

}  // namespace tajo::net
