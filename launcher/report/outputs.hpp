// What tests, cases and services have printed. All outputs of a large run would not fit into
// memory, so a renderer asks for each one when it comes to it.
#pragma once

#include "core/base/utf8.hpp"
#include "report/model.hpp"

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace holdfast {

// How much of the output of a test a report shows: of one that passed, and of any other.
inline constexpr std::size_t k_output_limit_passed = 8U << 10U;
inline constexpr std::size_t k_output_limit = 64U << 10U;
// The same for what a service printed while a red attempt used it.
inline constexpr std::size_t k_service_output_limit = 16U << 10U;

// Returns the end of an output: at most `size` bytes, in whole lines. If the last line is longer,
// returns the end of that line.
inline std::string_view last_of(std::string_view output, std::size_t size) {
  if (output.size() <= size) return output;
  const std::size_t line = output.find('\n', output.size() - size) + 1;  // 0: there is none
  return line != 0 && line < output.size() ? output.substr(line) : last_bytes(output, size);
}

struct Printed {
  std::string text;
  std::string note;  // why there is no text; may be empty
};

class Outputs {
 public:
  Outputs() = default;
  virtual ~Outputs() = default;
  Outputs(const Outputs&) = delete;
  Outputs& operator=(const Outputs&) = delete;

  // The output of the test's last attempt. The test may be a case that see_as_tests() shows as a
  // test.
  virtual Printed of(const TestReport& test) = 0;
  virtual std::string of(const Case& one) = 0;
  // The output of an attempt before the last. If it cannot be read, it is empty.
  virtual std::string of(const Attempt& earlier) = 0;
  virtual std::string of(const ServiceOutput& part) = 0;
};

// For a report of a tree that has no run.
class NoOutputs final : public Outputs {
 public:
  Printed of(const TestReport& /*test*/) override { return {}; }
  std::string of(const Case& /*one*/) override { return {}; }
  std::string of(const Attempt& /*earlier*/) override { return {}; }
  std::string of(const ServiceOutput& /*part*/) override { return {}; }
};

}  // namespace holdfast
