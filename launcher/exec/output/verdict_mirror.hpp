// What ctest will say of an attempt of this test.
#pragma once

#include <string_view>

#include "core/ctest/ctest_verdict.hpp"
#include "exec/output/output_relay.hpp"
#include "supervision/base/invocation.hpp"
#include "supervision/base/records.hpp"

namespace holdfast::exec {

class VerdictMirror {
 public:
  // What of its properties cannot be understood is left out: ctest stays the judge.
  explicit VerdictMirror(const supervision::Invocation& invocation);

  bool needs_output() const { return verdict_.needs_output(); }

  // `output`: of the attempt; null: it was not captured.
  MirroredVerdict of(const supervision::AttemptResult& result, ExitMode mode,
                     const OutputRelay* output) const;

  // Whether ctest would say the same of an attempt with that at the end of its output.
  bool is_same_with(const supervision::AttemptResult& result, ExitMode mode,
                    const OutputRelay& output, std::string_view more) const;

 private:
  CTestVerdict verdict_;
};

}  // namespace holdfast::exec
