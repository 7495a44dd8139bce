#pragma once

#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "common/base/clock.h"
#include "common/base/random.h"
#include "common/base/task.h"
#include "common/retry/attempts.h"
#include "common/retry/policy.h"

namespace tajo::retry {
namespace internal {

inline const absl::Status& StatusOf(const absl::Status& status) {
  return status;
}
template <class T>
const absl::Status& StatusOf(const absl::StatusOr<T>& result) {
  return result.status();
}

template <class Operation>
std::invoke_result_t<Operation&> Loop(base::Clock& clock, base::Random& random, RetryPolicy policy,
                                      Idempotency idempotency, std::string name, Operation operation) {
  Attempts attempts(std::move(policy), idempotency, std::move(name), clock.Monotonic());
  while (true) {
    auto result = co_await operation();
    if (result.ok()) co_return result;
    Attempts::Verdict verdict = attempts.OnFailure(StatusOf(result), clock.Monotonic(), random);
    if (!verdict.wait) co_return std::move(verdict.status);
    co_await clock.Sleep(*verdict.wait);
  }
}

}  // namespace internal

// Calls `operation` until it succeeds, its error is permanent, or the policy's limits are reached;
// then the error says which operation, how many tries and why it stopped, and keeps its reason.
// `operation`: Task<absl::Status>() or Task<absl::StatusOr<T>>(), called once a try; it is kept by
// value, but what it captures by reference must outlive the returned task, as must clock and random.
template <class Operation>
[[nodiscard]] auto Retry(base::Clock& clock, base::Random& random, RetryPolicy policy, Idempotency idempotency,
                         std::string_view operation_name, Operation operation) {
  return internal::Loop(clock, random, std::move(policy), idempotency, std::string(operation_name),
                        std::move(operation));
}

}  // namespace tajo::retry
