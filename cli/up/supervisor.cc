#include "cli/up/supervisor.h"

#include <fmt/format.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <utility>

#include "common/config/values.h"

namespace tajo::cli {
namespace {

constexpr std::chrono::milliseconds kTick{50};
constexpr std::chrono::seconds kKillPatience{5};

int PollMillis(std::optional<base::Duration> at_most) {
  if (!at_most) return -1;
  const auto millis = std::chrono::ceil<std::chrono::milliseconds>(*at_most).count();
  return static_cast<int>(std::clamp<int64_t>(millis, 0, 3'600'000));
}

std::optional<base::Duration> Sooner(std::optional<base::Duration> a, std::optional<base::Duration> b) {
  if (!a || !b) return a ? a : b;
  return std::min(*a, *b);
}

}  // namespace

Supervisor::Supervisor(base::Clock& clock, int stop, Options options, Listener listener)
    : clock_(clock), stop_(stop), options_(options), listener_(std::move(listener)) {}

Supervisor::~Supervisor() = default;

absl::Status Supervisor::Start(Program program) {
  Entry& entry = entries_.emplace_back();
  entry.program = std::move(program);
  return Launch(entry);
}

absl::Status Supervisor::Launch(Entry& entry) {
  auto child = Child::Start(entry.program.arguments);
  if (!child.ok()) return child.status();
  entry.child.emplace(*std::move(child));
  entry.started = clock_.Monotonic();
  entry.restart_at.reset();
  return absl::OkStatus();
}

void Supervisor::MarkReady(const std::string& name, std::vector<std::string> arguments) {
  if (Entry* entry = Find(name)) {
    entry->program.arguments = std::move(arguments);
    entry->ready = true;
  }
}

Supervisor::Outcome Supervisor::RunUntil(const std::function<bool()>& done, base::Duration patience) {
  const base::MonotonicTime end = clock_.Monotonic() + patience;
  while (true) {
    if (std::exchange(stop_asked_, false)) return Outcome::kStopAsked;
    if (ended_early_) return Outcome::kProgramEnded;
    if (done()) return Outcome::kDone;
    const base::Duration left = end - clock_.Monotonic();
    if (left <= base::Duration::zero()) return Outcome::kTimedOut;
    Step(std::min<base::Duration>(left, kTick));
  }
}

void Supervisor::Run() {
  while (!std::exchange(stop_asked_, false)) Step(std::nullopt);
}

void Supervisor::Stop(const std::vector<std::string>& names, base::Duration grace) {
  std::vector<Entry*> ending;
  for (const std::string& name : names) {
    if (Entry* entry = Find(name)) ending.push_back(entry);
  }
  const auto signal_all = [&ending](int signal) {
    for (const Entry* entry : ending) {
      if (entry->child) entry->child->Signal(signal);
    }
  };
  const auto any_left = [&ending] {
    return std::ranges::any_of(ending, [](const Entry* entry) { return entry->child.has_value(); });
  };
  for (Entry* entry : ending) {
    entry->stopping = true;
    entry->restart_at.reset();
  }
  stop_asked_ = false;
  signal_all(SIGTERM);
  base::MonotonicTime end = clock_.Monotonic() + grace;
  bool killed = false;
  while (any_left()) {
    const base::Duration left = end - clock_.Monotonic();
    if (!killed && (stop_asked_ || left <= base::Duration::zero())) {
      for (const Entry* entry : ending) {
        if (entry->child) listener_.note(fmt::format("{} didn't stop in time and is killed", entry->program.name));
      }
      signal_all(SIGKILL);
      killed = true;
      end = clock_.Monotonic() + kKillPatience;
    } else if (killed && left <= base::Duration::zero()) {
      break;  // stuck in the kernel: nothing more can be done about it
    } else {
      Step(left);
    }
  }
}

void Supervisor::Step(std::optional<base::Duration> at_most) {
  std::vector<pollfd> polled{{stop_, POLLIN, 0}};
  for (const Entry& entry : entries_) {
    if (!entry.child) continue;
    for (const int descriptor : {entry.child->Handle(), entry.child->Output(), entry.child->Errors()}) {
      polled.push_back({descriptor, POLLIN, 0});  // poll passes over -1
    }
  }
  poll(polled.data(), polled.size(), PollMillis(Sooner(at_most, UntilRestart())));
  if ((polled.front().revents & POLLIN) != 0) {
    std::array<char, sizeof(signalfd_siginfo)> asking{};
    stop_asked_ = read(stop_, asking.data(), asking.size()) > 0;
  }
  for (Entry& entry : entries_) {
    if (entry.child) {
      entry.child->ReadLines(LinesOf(entry));
      if (const auto how = entry.child->Ended(LinesOf(entry))) TakeEnd(entry, *how);
    } else if (entry.restart_at && clock_.Monotonic() >= *entry.restart_at) {
      StartAgain(entry);
    }
  }
}

void Supervisor::TakeEnd(Entry& entry, const std::string& how) {
  const base::Duration ran = clock_.Monotonic() - entry.started;
  entry.child.reset();
  if (entry.stopping) return;
  if (!entry.ready) {
    first_end_ = fmt::format("{} ended with {} before it was ready", entry.program.name, how);
    ended_early_ = true;
    return;
  }
  entry.pause = ran >= options_.settled_after || entry.pause == base::Duration::zero()
                    ? options_.first_pause
                    : std::min(entry.pause * 2, options_.longest_pause);
  entry.restart_at = clock_.Monotonic() + entry.pause;
  listener_.note(fmt::format("{} ended with {}; it is started again in {}", entry.program.name, how,
                             config::FormatDuration(entry.pause)));
}

void Supervisor::StartAgain(Entry& entry) {
  const absl::Status status = Launch(entry);
  if (status.ok()) return;
  entry.pause = std::min(std::max(entry.pause * 2, options_.first_pause), options_.longest_pause);
  entry.restart_at = clock_.Monotonic() + entry.pause;
  listener_.note(
      fmt::format("{}; tried again in {}", std::string(status.message()), config::FormatDuration(entry.pause)));
}

Child::OnLine Supervisor::LinesOf(const Entry& entry) const {
  return [this, &entry](Stream stream, std::string_view line) { listener_.line(entry.program.name, stream, line); };
}

std::optional<base::Duration> Supervisor::UntilRestart() const {
  std::optional<base::Duration> soonest;
  for (const Entry& entry : entries_) {
    if (entry.restart_at) {
      soonest = Sooner(soonest, std::max(*entry.restart_at - clock_.Monotonic(), base::Duration::zero()));
    }
  }
  return soonest;
}

Supervisor::Entry* Supervisor::Find(const std::string& name) {
  for (Entry& entry : entries_) {
    if (entry.program.name == name) return &entry;
  }
  return nullptr;
}

}  // namespace tajo::cli
