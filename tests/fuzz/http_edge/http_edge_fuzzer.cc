#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "tests/fuzz/http_edge/answers.h"
#include "tests/fuzz/http_edge/exchange.h"
#include "tests/fuzz/http_edge/require.h"
#include "tests/fuzz/http_edge/script.h"
#include "tests/fuzz/http_edge/stream.h"

namespace tajo::fuzz {
namespace {

Transcript RunChecked(const Script& script) {
  static boost::asio::io_context context(1);
  Transcript transcript = Exchange(context).Run(script);
  CheckStream(SentBy(script), transcript.handled);
  CheckAnswers(transcript);
  return transcript;
}

// Is it the same as sending all at once but for cuts, and are there any?
bool IsCutOnly(const Script& script) {
  const auto just_cuts = [](const Step& step) { return step.then == Then::kGoOn || step.then == Then::kRead; };
  return script.steps.size() > 1 && std::all_of(script.steps.begin(), script.steps.end(), just_cuts);
}

// Where the network cuts a stream says nothing: the handler sees the same requests. Only what a chunk's
// size is dressed with may be found too long sooner in pieces, as the rest isn't there yet.
void CheckSame(const Transcript& cut, const Transcript& whole) {
  const std::size_t count = cut.handled.size();
  Require(count == whole.handled.size() || (count < whole.handled.size() && cut.refusal == 400),
          "cut or whole, the limits are the same");
  const auto same = [](const Handled& a, const Handled& b) {
    return a.method == b.method && a.target == b.target && a.body == b.body;
  };
  Require(std::equal(cut.handled.begin(), cut.handled.end(), whole.handled.begin(), same),
          "cut or whole, the requests are the same");
}

void Fuzz(std::string_view input) {
  const Script script = ReadScript(input);
  const Transcript cut = RunChecked(script);
  if (script.leave != Leave::kCompare || !IsCutOnly(script)) return;
  const std::string sent = SentBy(script);
  CheckSame(cut, RunChecked({Leave::kHalfClose, {{sent, Then::kGoOn}}}));
}

}  // namespace
}  // namespace tajo::fuzz

// What stands between the socket and a handler: our connection, as one client talks to it; the view
// of a request; its route. script.h says how an input is read.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, std::size_t size) {
  tajo::fuzz::Fuzz({reinterpret_cast<const char*>(data), size});
  return 0;
}
