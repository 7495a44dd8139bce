#include "common/net/curl_multi.h"

#include <sys/epoll.h>

#include <array>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <new>
#include <system_error>
#include <utility>

namespace tajo::net {
namespace {

constexpr std::size_t kMaxSpare = 256;
constexpr int kEventsAtOnce = 64;

int MakeEpoll() {
  const int fd = epoll_create1(EPOLL_CLOEXEC);
  if (fd < 0) throw std::system_error(errno, std::generic_category(), "epoll_create1");
  return fd;
}

}  // namespace

CurlMulti::GlobalInit::GlobalInit() {
  curl_global_init(CURL_GLOBAL_DEFAULT);
}
CurlMulti::GlobalInit::~GlobalInit() {
  curl_global_cleanup();
}

CurlMulti::CurlMulti(boost::asio::io_context& context, CurlOptions options)
    : context_(context),
      options_(std::move(options)),
      epoll_(context, MakeEpoll()),
      timer_(context),
      multi_(curl_multi_init()) {
  if (multi_ == nullptr) throw std::bad_alloc();
  CURLM* const multi = multi_.get();
  curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, &CurlMulti::OnSocket);
  curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, &CurlMulti::OnTimer);
  curl_multi_setopt(multi, CURLMOPT_TIMERDATA, this);
  curl_multi_setopt(multi, CURLMOPT_MAX_HOST_CONNECTIONS, static_cast<long>(options_.max_connections_per_host));
  curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, static_cast<long>(options_.max_idle_connections));
}

CurlMulti::~CurlMulti() {
  // Closing the pooled connections must not arm anything any more.
  curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETFUNCTION, nullptr);
  curl_multi_setopt(multi_.get(), CURLMOPT_TIMERFUNCTION, nullptr);
}

std::unique_ptr<CurlTransfer> CurlMulti::Take() {
  if (spare_.empty()) return std::make_unique<CurlTransfer>(context_);
  auto transfer = std::move(spare_.back());
  spare_.pop_back();
  return transfer;
}

void CurlMulti::GiveBack(std::unique_ptr<CurlTransfer> transfer) {
  if (spare_.size() >= kMaxSpare) return;
  transfer->Clear();
  spare_.push_back(std::move(transfer));
}

void CurlMulti::Add(CurlTransfer& transfer) {
  ++under_way_;
  curl_multi_add_handle(multi_.get(), transfer.Handle());
  WaitForSockets();
}

void CurlMulti::Remove(CurlTransfer& transfer) {
  curl_multi_remove_handle(multi_.get(), transfer.Handle());
  Left();
}

void CurlMulti::Left() {
  if (--under_way_ > 0) return;
  epoll_.cancel();
  timer_.cancel();
}

void CurlMulti::WaitForSockets() {
  if (waiting_ || under_way_ == 0) return;
  waiting_ = true;
  epoll_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                    [self = shared_from_this()](const boost::system::error_code& error) {
                      self->waiting_ = false;
                      if (!error) self->HandleSockets();
                      self->WaitForSockets();
                    });
}

void CurlMulti::HandleSockets() {
  std::array<epoll_event, kEventsAtOnce> events;
  const int count = epoll_wait(epoll_.native_handle(), events.data(), kEventsAtOnce, 0);
  int running = 0;
  for (int i = 0; i < count; ++i) {
    int ready = 0;
    if ((events[i].events & EPOLLIN) != 0) ready |= CURL_CSELECT_IN;
    if ((events[i].events & EPOLLOUT) != 0) ready |= CURL_CSELECT_OUT;
    if ((events[i].events & (EPOLLERR | EPOLLHUP)) != 0) ready |= CURL_CSELECT_ERR;
    curl_multi_socket_action(multi_.get(), events[i].data.fd, ready, &running);
  }
  FinishDone();
}

// From within curl: nothing here may call back into it.
void CurlMulti::SetTimer(long timeout_ms) {
  if (timeout_ms < 0) {
    timer_.cancel();
    return;
  }
  if (timeout_ms == 0) {
    if (std::exchange(kicked_, true)) return;
    boost::asio::post(context_, [self = shared_from_this()] {
      self->kicked_ = false;
      self->HandleTimeout();
    });
    return;
  }
  timer_.expires_after(std::chrono::milliseconds(timeout_ms));
  timer_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
    if (!error) self->HandleTimeout();
  });
}

void CurlMulti::HandleTimeout() {
  int running = 0;
  curl_multi_socket_action(multi_.get(), CURL_SOCKET_TIMEOUT, 0, &running);
  FinishDone();
}

void CurlMulti::FinishDone() {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    CURL* const easy = message->easy_handle;
    const CURLcode code = message->data.result;  // the message dies with the removal
    CurlTransfer& transfer = CurlTransfer::Of(easy);
    curl_multi_remove_handle(multi_.get(), easy);
    transfer.Finish(code);
    Left();
  }
}

int CurlMulti::OnSocket(CURL*, curl_socket_t fd, int what, void* self, void* known) {
  auto& multi = *static_cast<CurlMulti*>(self);
  const int set = multi.epoll_.native_handle();
  if (what == CURL_POLL_REMOVE) {
    epoll_ctl(set, EPOLL_CTL_DEL, fd, nullptr);
    curl_multi_assign(multi.multi_.get(), fd, nullptr);
    return 0;
  }
  epoll_event event{};
  event.data.fd = fd;
  if ((what & CURL_POLL_IN) != 0) event.events |= EPOLLIN;
  if ((what & CURL_POLL_OUT) != 0) event.events |= EPOLLOUT;
  if (known == nullptr) curl_multi_assign(multi.multi_.get(), fd, &multi);
  const int operation = known == nullptr ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
  if (epoll_ctl(set, operation, fd, &event) == 0) return 0;
  const int other = errno == EEXIST ? EPOLL_CTL_MOD : errno == ENOENT ? EPOLL_CTL_ADD : 0;
  return other != 0 && epoll_ctl(set, other, fd, &event) == 0 ? 0 : -1;
}

int CurlMulti::OnTimer(CURLM*, long timeout_ms, void* self) {
  static_cast<CurlMulti*>(self)->SetTimer(timeout_ms);
  return 0;
}

}  // namespace tajo::net
