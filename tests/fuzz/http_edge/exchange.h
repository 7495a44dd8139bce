#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/net/http_connection.h"
#include "common/net/http_server.h"
#include "tests/fuzz/http_edge/script.h"

namespace tajo::fuzz {

// Small, so that short inputs reach them.
inline constexpr std::size_t kMaxHeaderBytes = 1024;
inline constexpr std::size_t kMaxBodyBytes = 2048;

// A request that the handler saw, and the answer that its client is due.
struct Handled {
  std::string method;
  std::string target;
  std::string body;
  bool coded = false;  // by Transfer-Encoding
  int status = 0;
  std::string answer;
};

// What came of a script.
struct Transcript {
  std::vector<Handled> handled;
  int refusal = 0;         // its status; 0: none
  std::string received;    // by the client
  bool cut_short = false;  // the last answers may be missing, or half there
};

// One client and the server's real connection, on both ends of a socket pair: whatever the client
// sent is there when the server looks, and no port is used up. Both sides take turns on `context`,
// and nothing waits for time. Rules are checked as they can be; a broken one ends the process.
class Exchange {
 public:
  explicit Exchange(boost::asio::io_context& context);
  ~Exchange();
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  // Once, to the end of the connection.
  Transcript Run(const Script& script);

 private:
  base::Task<net::ServerResponse> Handle(const net::ServerRequest& request);
  void OnRefusal(int status);
  void Serve(int server_fd);
  void Play(const Step& step);
  void Send(std::string_view bytes);
  void Settle();
  void Read();
  void End(Leave leave);
  void CloseClient();

  boost::asio::io_context& context_;
  boost::asio::steady_timer gate_;  // slow handlers wait until it's cancelled
  const net::ServerOptions options_;
  const net::Handler handler_;
  net::ConnectionScope scope_;
  std::unique_ptr<net::HttpConnection> connection_;  // null once it has ended
  int client_fd_ = -1;
  bool handling_ = false;
  bool handled_draining_ = false;
  bool timed_out_ = false;
  bool lingers_ = false;  // since a refusal, until its own deadline passes
  Transcript transcript_;
};

}  // namespace tajo::fuzz
