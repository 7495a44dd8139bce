#include "common/telemetry/metrics.h"

#include <fmt/format.h>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <sstream>
#include <unordered_map>
#include <utility>

#include "common/telemetry/process_stats.h"

namespace tajo::telemetry {
namespace {

constexpr std::string_view kOther = "other";

[[noreturn]] void Bug(std::string_view metric, std::string_view what) {
  fmt::print(stderr, "metric {}: {}\n", metric, what);
  std::abort();
}

bool IsName(std::string_view name) {
  return !name.empty() && std::isdigit(static_cast<unsigned char>(name.front())) == 0 && !name.starts_with("__") &&
         std::ranges::all_of(name, [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; });
}

std::string KeyOf(std::initializer_list<std::string_view> values) {
  std::string key;
  for (const std::string_view value : values) {
    key += value;
    key += '\xff';  // in no UTF-8 text
  }
  return key;
}

template <class Handle>
struct SeriesOf;
template <>
struct SeriesOf<Counter> {
  using Type = prometheus::Counter;
  static auto Builder() { return prometheus::BuildCounter(); }
};
template <>
struct SeriesOf<Gauge> {
  using Type = prometheus::Gauge;
  static auto Builder() { return prometheus::BuildGauge(); }
};
template <>
struct SeriesOf<Histogram> {
  using Type = prometheus::Histogram;
  static auto Builder() { return prometheus::BuildHistogram(); }
};

}  // namespace

namespace internal {

template <class Handle>
class FamilyState {
 public:
  using Series = typename SeriesOf<Handle>::Type;

  FamilyState(prometheus::Registry& registry, const std::string& name, const std::string& help,
              std::vector<std::string> labels, std::vector<double> buckets)
      : name_(name),
        labels_(std::move(labels)),
        buckets_(std::move(buckets)),
        family_(SeriesOf<Handle>::Builder().Name(name).Help(help).Register(registry)) {
    // Without labels there is one series, and it shows from the start.
    if (labels_.empty()) With({});
  }

  Handle With(std::initializer_list<std::string_view> values) {
    if (values.size() != labels_.size()) {
      Bug(name_, fmt::format("{} label values given for {} names", values.size(), labels_.size()));
    }
    const std::string key = KeyOf(values);
    {
      const std::shared_lock lock(mutex_);
      if (const auto found = series_.find(key); found != series_.end()) return Handle(found->second);
      if (overflow_ != nullptr && series_.size() >= kMaxSeries) return Handle(overflow_);
    }
    const std::unique_lock lock(mutex_);
    if (const auto found = series_.find(key); found != series_.end()) return Handle(found->second);
    if (series_.size() >= kMaxSeries) {
      if (overflow_ == nullptr) overflow_ = &Make(std::vector<std::string_view>(labels_.size(), kOther));
      return Handle(overflow_);
    }
    Series& made = Make(values);
    series_.emplace(key, &made);
    return Handle(&made);
  }

  void Remove(std::initializer_list<std::string_view> values) {
    const std::unique_lock lock(mutex_);
    const auto found = series_.find(KeyOf(values));
    if (found == series_.end()) return;
    family_.Remove(found->second);
    series_.erase(found);
  }

  bool Matches(const std::vector<std::string>& labels, const std::vector<double>& buckets) const {
    return labels == labels_ && buckets == buckets_;
  }

 private:
  Series& Make(const std::vector<std::string_view>& values) {
    prometheus::Labels labels;
    for (std::size_t i = 0; i < labels_.size(); ++i) labels.emplace(labels_[i], values[i]);
    if constexpr (std::is_same_v<Handle, Histogram>) {
      return family_.Add(labels, buckets_);
    } else {
      return family_.Add(labels);
    }
  }

  const std::string name_;
  const std::vector<std::string> labels_;
  const std::vector<double> buckets_;
  prometheus::Family<Series>& family_;
  std::shared_mutex mutex_;
  std::unordered_map<std::string, Series*> series_;
  Series* overflow_ = nullptr;
};

}  // namespace internal

void Counter::Increment(double by) {
  series_->Increment(by);
}
double Counter::Value() const {
  return series_->Value();
}
void Gauge::Set(double value) {
  series_->Set(value);
}
void Gauge::Add(double by) {
  series_->Increment(by);
}
double Gauge::Value() const {
  return series_->Value();
}
void Histogram::Observe(double value) {
  series_->Observe(value);
}

template <class Handle>
Handle Family<Handle>::With(std::initializer_list<std::string_view> values) const {
  return state_->With(values);
}

template <class Handle>
void Family<Handle>::Remove(std::initializer_list<std::string_view> values) const {
  state_->Remove(values);
}

template class Family<Counter>;
template class Family<Gauge>;
template class Family<Histogram>;

struct Metrics::State {
  template <class Handle>
  using Families = std::map<std::string, std::unique_ptr<internal::FamilyState<Handle>>>;

  template <class Handle>
  Family<Handle> Declare(Families<Handle>& families, std::string name, const std::string& help,
                         std::vector<std::string> labels, std::vector<double> buckets) {
    if (!IsName(name) || !name.starts_with("tajo_")) Bug(name, "the name must be [a-z0-9_]+ and begin with tajo_");
    if (!std::ranges::all_of(labels, IsName)) Bug(name, "a label's name must be [a-z_][a-z0-9_]*");
    if (!std::ranges::is_sorted(buckets)) Bug(name, "its buckets must ascend");
    const std::lock_guard lock(mutex);
    if (const auto found = families.find(name); found != families.end()) {
      if (!found->second->Matches(labels, buckets)) Bug(name, "declared twice, with different labels or buckets");
      return Family<Handle>(found->second.get());
    }
    if (counters.contains(name) || gauges.contains(name) || histograms.contains(name)) {
      Bug(name, "declared twice, with different types");
    }
    auto state =
        std::make_unique<internal::FamilyState<Handle>>(registry, name, help, std::move(labels), std::move(buckets));
    return Family<Handle>(families.emplace(std::move(name), std::move(state)).first->second.get());
  }

  prometheus::Registry registry;
  std::mutex mutex;
  Families<Counter> counters;
  Families<Gauge> gauges;
  Families<Histogram> histograms;
  std::vector<std::function<void()>> refreshers;

  // The names that every Prometheus client has; they carry no prefix.
  prometheus::Gauge& resident = prometheus::BuildGauge()
                                    .Name("process_resident_memory_bytes")
                                    .Help("Resident memory size in bytes.")
                                    .Register(registry)
                                    .Add({});
  prometheus::Counter& cpu = prometheus::BuildCounter()
                                 .Name("process_cpu_seconds_total")
                                 .Help("Total user and system CPU time spent in seconds.")
                                 .Register(registry)
                                 .Add({});
  prometheus::Gauge& descriptors = prometheus::BuildGauge()
                                       .Name("process_open_fds")
                                       .Help("Number of open file descriptors.")
                                       .Register(registry)
                                       .Add({});
  prometheus::Gauge& start = prometheus::BuildGauge()
                                 .Name("process_start_time_seconds")
                                 .Help("Start time of the process since unix epoch in seconds.")
                                 .Register(registry)
                                 .Add({});
};

Metrics::Metrics(std::string_view version) : state_(std::make_unique<State>()) {
  GaugeFamily("tajo_build_info", "Always 1; the label says which version runs.", {"version"}).With({version}).Set(1);
}

Metrics::~Metrics() = default;

Family<Counter> Metrics::CounterFamily(std::string name, std::string help, std::vector<std::string> labels) {
  return state_->Declare(state_->counters, std::move(name), help, std::move(labels), {});
}

Family<Gauge> Metrics::GaugeFamily(std::string name, std::string help, std::vector<std::string> labels) {
  return state_->Declare(state_->gauges, std::move(name), help, std::move(labels), {});
}

Family<Histogram> Metrics::HistogramFamily(std::string name, std::string help, std::vector<std::string> labels,
                                           std::vector<double> buckets) {
  return state_->Declare(state_->histograms, std::move(name), help, std::move(labels), std::move(buckets));
}

void Metrics::BeforeSerialize(std::function<void()> refresh) {
  const std::lock_guard lock(state_->mutex);
  state_->refreshers.push_back(std::move(refresh));
}

std::string Metrics::Serialize() {
  std::vector<std::function<void()>> refreshers;
  {
    const std::lock_guard lock(state_->mutex);
    refreshers = state_->refreshers;
    const ProcessStats stats = ReadProcessStats();
    state_->resident.Set(static_cast<double>(stats.resident_bytes));
    state_->cpu.Increment(stats.cpu_seconds - state_->cpu.Value());
    state_->descriptors.Set(static_cast<double>(stats.open_descriptors));
    state_->start.Set(stats.start_time_seconds);
  }
  for (const auto& refresh : refreshers) refresh();
  std::ostringstream out;
  prometheus::TextSerializer().Serialize(out, state_->registry.Collect());
  return std::move(out).str();
}

const std::vector<double>& LatencyBuckets() {
  static const std::vector<double> buckets = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
                                              0.5,   1,      2.5,   5,    10,    30,   60};
  return buckets;
}

const std::vector<double>& DeliveryBuckets() {
  static const std::vector<double> buckets = {0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600};
  return buckets;
}

}  // namespace tajo::telemetry
