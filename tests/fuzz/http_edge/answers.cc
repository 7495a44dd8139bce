#include "tests/fuzz/http_edge/answers.h"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <optional>
#include <string_view>
#include <utility>

#include "tests/fuzz/http_edge/require.h"

namespace tajo::fuzz {
namespace {

namespace http = boost::beast::http;
using Answer = http::response<http::string_body>;

enum class Method { kHead, kOther };

// Takes the first answer off `bytes`; nullopt where only its beginning is there.
std::optional<Answer> TakeAnswer(std::string_view& bytes, Method method) {
  http::response_parser<http::string_body> parser;
  parser.eager(true);
  parser.skip(method == Method::kHead);
  boost::system::error_code error;
  bytes.remove_prefix(parser.put(boost::asio::buffer(bytes), error));
  Require(!error || error == http::error::need_more, "an answer is HTTP");
  if (!parser.is_done()) return std::nullopt;
  return parser.release();
}

bool IsLast(const Answer& answer) {
  return boost::beast::iequals(answer[http::field::connection], "close");
}

void CheckFinal(const Answer& answer, const Handled& due) {
  Require(answer.result_int() == static_cast<unsigned>(due.status), "the status is the handler's");
  Require(answer.body() == due.answer, "the body is the handler's");
  // Only an old client is told so, and it can't know where a coded message ends.
  Require(!due.coded || answer[http::field::connection] != "keep-alive", "a coding is HTTP/1.1's");
}

void CheckRefusal(const Answer& answer, int status) {
  Require(status != 0, "no more answers than requests, and one refusal");
  Require(answer.result_int() == static_cast<unsigned>(status), "the refusal is the one that was counted");
  Require(answer.body().empty() && IsLast(answer), "a refusal is short and the last");
}

}  // namespace

void CheckAnswers(const Transcript& transcript) {
  const auto& handled = transcript.handled;
  std::string_view rest = transcript.received;
  std::size_t finals = 0;
  bool continued = false;  // since the last final answer
  bool ended = false;
  while (!rest.empty()) {
    Require(!ended, "nothing comes after the last answer");
    const bool head = finals < handled.size() && handled[finals].method == "HEAD";
    const auto answer = TakeAnswer(rest, head ? Method::kHead : Method::kOther);
    if (!answer) {
      Require(transcript.cut_short, "an answer is whole");
      return;
    }
    if (answer->result_int() == 100) {
      Require(!std::exchange(continued, true), "one Continue a request");
      continue;
    }
    Require(answer->count(http::field::date) == 1, "an answer is dated");
    if (finals < handled.size()) {
      CheckFinal(*answer, handled[finals]);
    } else {
      Require(finals == handled.size(), "no more answers than requests, and one refusal");
      CheckRefusal(*answer, transcript.refusal);
    }
    ++finals;
    continued = false;
    ended = IsLast(*answer);
  }
  const std::size_t due = handled.size() + (transcript.refusal != 0 ? 1 : 0);
  Require(finals == due || transcript.cut_short, "every request is answered");
}

}  // namespace tajo::fuzz
