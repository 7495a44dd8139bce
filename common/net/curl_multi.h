#pragma once

#include <curl/curl.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstddef>
#include <memory>
#include <vector>

#include "common/net/curl_transfer.h"

namespace tajo::net {

// A curl multi handle driven by a loop. Curl's descriptors, its resolver's own among them, stand in
// an epoll set of ours, and the loop watches that set alone: it never holds a descriptor that curl
// may close. Held by the client, by every request under way and by the waits of those
// (shared_ptr: a request may outlive its client). Nothing waits while no request is under way.
class CurlMulti : public std::enable_shared_from_this<CurlMulti> {
 public:
  CurlMulti(boost::asio::io_context& context, CurlOptions options);
  ~CurlMulti();
  CurlMulti(const CurlMulti&) = delete;
  CurlMulti& operator=(const CurlMulti&) = delete;

  const CurlOptions& Options() const { return options_; }

  // A clear transfer, new or used before.
  std::unique_ptr<CurlTransfer> Take();
  void GiveBack(std::unique_ptr<CurlTransfer> transfer);

  // Starts it; Finish is called on it later, from the loop, unless it's removed before.
  void Add(CurlTransfer& transfer);
  void Remove(CurlTransfer& transfer);

 private:
  struct GlobalInit {
    GlobalInit();
    ~GlobalInit();
  };
  struct MultiDeleter {
    void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
  };

  void WaitForSockets();
  void HandleSockets();
  void SetTimer(long timeout_ms);
  void HandleTimeout();
  void FinishDone();
  void Left();

  static int OnSocket(CURL* easy, curl_socket_t fd, int what, void* self, void* known);
  static int OnTimer(CURLM* multi, long timeout_ms, void* self);

  boost::asio::io_context& context_;
  const CurlOptions options_;
  boost::asio::posix::stream_descriptor epoll_;
  boost::asio::steady_timer timer_;
  std::size_t under_way_ = 0;
  bool waiting_ = false;
  bool kicked_ = false;
  GlobalInit global_init_;
  std::unique_ptr<CURLM, MultiDeleter> multi_;
  std::vector<std::unique_ptr<CurlTransfer>> spare_;  // freed before the multi handle
};

}  // namespace tajo::net
