// What an attempt came to, as the decision about another one wants to know it.
#pragma once

#include <optional>

#include "core/ctest_verdict.hpp"
#include "core/retry_decision.hpp"
#include "exec/output_relay.hpp"
#include "launcher/invocation.hpp"
#include "launcher/records.hpp"
#include "settings/signatures.hpp"

namespace holdfast::exec {

class AttemptJudge {
 public:
  // What of it cannot be understood is left out: ctest stays the judge.
  AttemptJudge(const launcher::Invocation& invocation, const RetryPolicy& policy);

  // Whether an attempt's output has to be captured for it.
  bool needs_output() const { return verdict_.needs_output() || has_signatures_; }

  // `output`: of the attempt; null: it was not captured.
  AttemptResult judge(const launcher::AttemptResult& result, ExitMode mode,
                      const OutputRelay* output) const;

  // Whether ctest would say the same of an attempt with that at the end of its output.
  bool is_same_with(const launcher::AttemptResult& result, ExitMode mode, const OutputRelay& output,
                    std::string_view more) const;

 private:
  std::optional<std::size_t> known_in(const std::string& output) const;

  CTestVerdict verdict_;
  Signatures signatures_;
  bool has_signatures_ = false;
};

}  // namespace holdfast::exec
