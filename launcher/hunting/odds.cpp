#include "hunting/odds.hpp"

#include <algorithm>
#include <cmath>

namespace holdfast {
namespace {

constexpr double k_unsure = 0.05;
constexpr int k_halvings = 60;          // more than a double can tell apart
constexpr double k_negligible = 1e-17;  // of a sum

double log_choose(std::uint64_t n, std::uint64_t k) {
  const auto log_factorial = [](std::uint64_t i) {
    return std::lgamma(static_cast<double>(i) + 1);
  };
  return log_factorial(n) - log_factorial(k) - log_factorial(n - k);
}

// The probability of `least` or more failures in so many runs. Only the terms of the shorter tail
// are added: they shrink from the first one on.
double at_least(std::uint64_t least, std::uint64_t runs, double rate) {
  if (least == 0 || rate >= 1) return 1;
  if (rate <= 0) return 0;
  const auto n = static_cast<double>(runs);
  const bool is_upper = static_cast<double>(least) > n * rate;
  const std::uint64_t first = is_upper ? least : least - 1;
  auto i = static_cast<double>(first);
  double term =
      std::exp(log_choose(runs, first) + i * std::log(rate) + (n - i) * std::log1p(-rate));
  const double odds = rate / (1 - rate);
  double sum = 0;
  while (i >= 0 && i <= n && term > sum * k_negligible) {
    sum += term;
    term *= is_upper ? (n - i) / (i + 1) * odds : i / (n - i + 1) / odds;
    i += is_upper ? 1 : -1;
  }
  return is_upper ? std::min(sum, 1.0) : 1 - std::min(sum, 1.0);
}

// The rate at which a function that grows with the rate reaches `wanted`.
template <typename Grows>
double rate_where(Grows grows, double wanted) {
  double low = 0;
  double high = 1;
  for (int i = 0; i < k_halvings; ++i) {
    const double middle = (low + high) / 2;
    (grows(middle) < wanted ? low : high) = middle;
  }
  return (low + high) / 2;
}

}  // namespace

double Tally::rate() const {
  return runs == 0 ? 0 : static_cast<double>(failures) / static_cast<double>(runs);
}

RateBounds bounds_of(const Tally& tally) {
  RateBounds bounds;
  const auto [runs, failures] = tally;
  if (runs == 0) return bounds;
  if (failures == 0) {
    bounds.high = 1 - std::pow(k_unsure, 1 / static_cast<double>(runs));
    return bounds;
  }
  bounds.low =
      rate_where([&](double rate) { return at_least(failures, runs, rate); }, k_unsure / 2);
  if (failures < runs) {
    bounds.high = rate_where([&](double rate) { return at_least(failures + 1, runs, rate); },
                             1 - k_unsure / 2);
  }
  return bounds;
}

double chance_of(const Tally& with, const Tally& without) {
  const std::uint64_t failures = with.failures + without.failures;
  const std::uint64_t runs = with.runs + without.runs;
  if (failures == 0) return 1;
  const double all = log_choose(runs, failures);
  double sum = 0;
  for (std::uint64_t i = with.failures; i <= std::min(failures, with.runs); ++i) {
    if (failures - i > without.runs) continue;
    const double term =
        std::exp(log_choose(with.runs, i) + log_choose(without.runs, failures - i) - all);
    sum += term;
    if (term < sum * k_negligible) break;
  }
  return std::min(sum, 1.0);
}

}  // namespace holdfast
