#include "core/retry/run_retries.hpp"

#include "core/base/parts.hpp"

namespace holdfast {

void RunRetries::came_out(std::string_view test, bool failed) {
  bool& has_failed = failed_[std::string(test)];  // false for a test that is new
  failures_ += failed ? 1 : 0;
  failures_ -= has_failed ? 1 : 0;
  has_failed = failed;
}

bool RunRetries::opens() const {
  return failed_.size() >= k_breaker_tests &&
         std::uint64_t{failures_} * k_whole > std::uint64_t{limits_.breaker} * failed_.size();
}

RunAnswer RunRetries::again(std::string_view test) {
  came_out(test, true);
  if (!is_open() && opens()) {
    why_open_ =
        text_of({std::to_string(failures_), " of ", std::to_string(failed_.size()),
                 " tests have failed (retry-breaker ", share_to_text(limits_.breaker), ")"});
  }
  if (is_open()) {
    ++refused_;
    return {false, why_open_};
  }
  if (limits_.budget && granted_ >= *limits_.budget) {
    ++refused_;
    return {false, text_of({"the run's retry-budget of ",
                            counted(*limits_.budget, "further attempt"), " is spent"})};
  }
  ++granted_;
  return {true, {}};
}

std::string RunRetries::summary() const {
  if (granted_ == 0 && refused_ == 0) return {};
  std::string text = counted(granted_, "further attempt");
  if (limits_.budget) text += " of " + std::to_string(*limits_.budget);
  if (refused_ > 0) text += ", " + std::to_string(refused_) + " refused";
  if (is_open()) text += "; retries stopped: " + why_open_;
  return text;
}

}  // namespace holdfast
