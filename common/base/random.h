#pragma once

#include <cstdint>
#include <random>
#include <string>

namespace tajo::base {

// A source of random numbers, injected so that a seeded test repeats itself.
class Random {
 public:
  virtual ~Random() = default;
  virtual uint64_t Next() = 0;

  // Uniform in [0, 1).
  double Fraction() { return static_cast<double>(Next() >> 11) * 0x1.0p-53; }
  // `bytes` random bytes, as lower-case hex.
  std::string Hex(std::size_t bytes);
};

// From the operating system: good for secrets and ids. Thread-safe.
class SystemRandom final : public Random {
 public:
  uint64_t Next() override;
};

// Repeatable; for tests and simulators. Not thread-safe.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(uint64_t seed) : engine_(seed) {}
  uint64_t Next() override { return engine_(); }

 private:
  std::mt19937_64 engine_;
};

}  // namespace tajo::base
