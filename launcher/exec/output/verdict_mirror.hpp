// Finds out what ctest will say of an attempt of this test.
#pragma once

#include <string_view>

#include "core/ctest/ctest_verdict.hpp"
#include "exec/output/output_relay.hpp"
#include "supervision/base/invocation.hpp"
#include "supervision/base/records.hpp"

namespace holdfast::exec {

class VerdictMirror {
 public:
  // Leaves out properties that are not understood: ctest stays the judge.
  explicit VerdictMirror(const supervision::Invocation& invocation);

  bool needs_output() const { return verdict_.needs_output(); }

  // `output`: the attempt's output; null: it was not captured.
  MirroredVerdict of(const supervision::AttemptResult& result, ExitMode mode,
                     const OutputRelay* output) const;

  // True: ctest would say the same if the attempt's output ended with `more`.
  bool is_same_with(const supervision::AttemptResult& result, ExitMode mode,
                    const OutputRelay& output, std::string_view more) const;

 private:
  CTestVerdict verdict_;
};

}  // namespace holdfast::exec
