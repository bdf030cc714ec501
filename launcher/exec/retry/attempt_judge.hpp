// Judges an attempt, for the decision about another one.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "core/ctest/ctest_verdict.hpp"
#include "core/retry/retry_decision.hpp"
#include "exec/output/output_relay.hpp"
#include "exec/output/verdict_mirror.hpp"
#include "supervision/base/invocation.hpp"
#include "supervision/launch.hpp"

namespace holdfast::exec {

class AttemptJudge {
 public:
  AttemptJudge(const supervision::Invocation& invocation, const RetryPolicy& policy);

  // Whether the output of an attempt must be captured for judge().
  bool needs_output() const { return mirror_.needs_output() || !signatures_.empty(); }

  // `output` is that of the attempt; null: it was not captured. A failure that nobody can compare
  // with the known ones does not count as known, and a line says so.
  AttemptResult judge(const supervision::EndedAttempt& ended, ExitMode mode,
                      const OutputRelay* output) const;

  const VerdictMirror& mirror() const { return mirror_; }

 private:
  std::optional<std::size_t> known_in(const std::string& output,
                                      const supervision::EndedAttempt& ended) const;

  VerdictMirror mirror_;
  std::vector<std::string> signatures_;
};

}  // namespace holdfast::exec
