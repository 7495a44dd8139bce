#pragma once

#include <cstddef>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
}  // namespace prometheus

namespace tajo::telemetry {

// One time series each: a pointer into Metrics, valid as long as that; cheap to copy and thread-safe.
class Counter {
 public:
  explicit Counter(prometheus::Counter* series) : series_(series) {}
  void Increment(double by = 1);
  double Value() const;

 private:
  prometheus::Counter* series_;
};

class Gauge {
 public:
  explicit Gauge(prometheus::Gauge* series) : series_(series) {}
  void Set(double value);
  void Add(double by);  // may be negative
  double Value() const;

 private:
  prometheus::Gauge* series_;
};

class Histogram {
 public:
  explicit Histogram(prometheus::Histogram* series) : series_(series) {}
  void Observe(double value);

 private:
  prometheus::Histogram* series_;
};

namespace internal {
template <class Handle>
class FamilyState;
}

// The series of one name, told apart by their label values.
template <class Handle>
class Family {
 public:
  explicit Family(internal::FamilyState<Handle>* state) : state_(state) {}

  // The series of these values, in the order of the declared names; made on first use. Keep the handle
  // where it's used often. From the 1,001st series on, all are one, whose values are "other": a label
  // that grows without bound must not take the process down.
  Handle With(std::initializer_list<std::string_view> values) const;

  // Ends the series of these values, say of a connection that another worker owns now. No handle of it
  // may be used any more. Does nothing where there is none.
  void Remove(std::initializer_list<std::string_view> values) const;

 private:
  internal::FamilyState<Handle>* state_;
};

// Bucket bounds for latencies, in seconds: 1 ms to 60 s.
const std::vector<double>& LatencyBuckets();
// For the time from Jira's event to Brevo's acceptance: 100 ms to 1 h.
const std::vector<double>& DeliveryBuckets();

// All metrics of a process. A declaration that is wrong (a name without the prefix "tajo_" or not as
// Prometheus wants it, a name declared twice in different ways, values that don't match the names) is a
// bug and ends the process with a line that says which.
class Metrics {
 public:
  // `version` is what tajo_build_info shows.
  explicit Metrics(std::string_view version);
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  Family<Counter> CounterFamily(std::string name, std::string help, std::vector<std::string> labels = {});
  Family<Gauge> GaugeFamily(std::string name, std::string help, std::vector<std::string> labels = {});
  Family<Histogram> HistogramFamily(std::string name, std::string help, std::vector<std::string> labels = {},
                                    std::vector<double> buckets = LatencyBuckets());

  // `refresh` is called before each Serialize, by its thread: sets gauges that are read from somewhere.
  void BeforeSerialize(std::function<void()> refresh);

  // Prometheus' text exposition format, with the process' own metrics.
  std::string Serialize();

 private:
  struct State;
  const std::unique_ptr<State> state_;
};

inline constexpr std::size_t kMaxSeries = 1000;
inline constexpr std::string_view kTextExposition = "text/plain; version=0.0.4; charset=utf-8";

}  // namespace tajo::telemetry
