// Judges an attempt, for the decision about another one.
#pragma once

#include <optional>

#include "core/ctest/ctest_verdict.hpp"
#include "core/retry/retry_decision.hpp"
#include "exec/output/output_relay.hpp"
#include "exec/output/verdict_mirror.hpp"
#include "settings/signatures.hpp"
#include "supervision/base/invocation.hpp"
#include "supervision/base/records.hpp"

namespace holdfast::exec {

class AttemptJudge {
 public:
  AttemptJudge(const supervision::Invocation& invocation, const RetryPolicy& policy);

  // Whether the output of an attempt must be captured for judge().
  bool needs_output() const { return mirror_.needs_output() || has_signatures_; }

  // `output` is that of the attempt; null: it was not captured.
  AttemptResult judge(const supervision::AttemptResult& result, ExitMode mode,
                      const OutputRelay* output) const;

  const VerdictMirror& mirror() const { return mirror_; }

 private:
  VerdictMirror mirror_;
  Signatures signatures_;
  bool has_signatures_ = false;
};

}  // namespace holdfast::exec
