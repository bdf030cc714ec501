#include "ctest/ctest_verdict.hpp"

#include <algorithm>

#include "base/encoding.hpp"
#include "base/text.hpp"
#include "ctest/cmake_expression.hpp"

namespace holdfast {
namespace {

constexpr int k_largest_code = 255;

// Reads the number as atoi(3) does, because ctest uses that; none: the number is outside of 0…255.
std::optional<int> code_of(std::string_view text) {
  if (text.find_first_of("-0123456789") != 0) return 0;
  const unsigned code = leading_number<unsigned>(text).value_or(k_largest_code + 1);
  if (code > k_largest_code) return std::nullopt;
  return static_cast<int>(code);
}

bool holds_between(std::string_view line, std::string_view opening, std::string_view closing) {
  return text_after(line, opening).find(closing) != std::string_view::npos;
}

// An expression that ctest cannot compile matches nothing.
bool is_any_found(const std::vector<std::string>& expressions, std::string_view text) {
  return std::ranges::any_of(expressions, [&](const std::string& one) {
    const Result<CMakeExpression> expression = CMakeExpression::compile(one);
    return expression && expression->is_found_in(text);
  });
}

bool is_for_ctest(std::string_view line) {
  return holds_between(line, "<CTestDetails>", "</CTestDetails>") ||
         holds_between(line, "<CTestLabel>", "</CTestLabel>");
}

}  // namespace

Result<VerdictProperties> parse_verdict_properties(std::string_view text) {
  VerdictProperties properties;
  for (const std::string_view part : TextParts{text, ','}) {
    std::string_view value = part;
    const std::string_view name = take_part(value, '=');
    if (part == "will-fail") {
      properties.will_fail = true;
    } else if (name == "code") {
      properties.skip_return_code = code_of(value);
    } else if (name == "pass") {
      properties.pass.push_back(decode_file_name(value));
    } else if (name == "fail") {
      properties.fail.push_back(decode_file_name(value));
    } else if (name == "skip") {
      properties.skip.push_back(decode_file_name(value));
    } else {
      return Error{
          text_of({"understand \"", part, "\": expected will-fail, code=, pass=, fail= or skip="})};
    }
  }
  return properties;
}

std::string as_ctest_reads(std::string_view output) {
  std::string text;
  text.reserve(output.size() + 1);
  while (!output.empty()) {
    const std::size_t end = output.find_first_of(std::string_view("\n\0", 2));
    std::string_view line = output.substr(0, end);
    output.remove_prefix(end == std::string_view::npos ? output.size() : end + 1);
    // A last line without a line break keeps its carriage returns.
    while (end != std::string_view::npos && !line.empty() && line.back() == '\r') {
      line.remove_suffix(1);
    }
    if (!is_for_ctest(line)) text.append(line).append(1, '\n');
  }
  return text;
}

MirroredVerdict CTestVerdict::of(const Exit& end, std::string_view output) const {
  // A death by signal is no exit code: neither WILL_FAIL nor an expression changes it.
  if (end.kind == Exit::Kind::signal) return MirroredVerdict::failed;
  const std::string text = needs_output() ? as_ctest_reads(output) : std::string();
  const auto& [will_fail, skip_return_code, pass, fail, skip] = properties_;
  if (end.value == skip_return_code || is_any_found(skip, text)) return MirroredVerdict::skipped;
  // With PASS_REGULAR_EXPRESSION the exit code no longer counts.
  const bool good_end = pass.empty() ? end.value == 0 : is_any_found(pass, text);
  const bool success = good_end && !is_any_found(fail, text);
  return success != will_fail ? MirroredVerdict::passed : MirroredVerdict::failed;
}

Stops stops_of(const std::vector<std::string>& command) {
  Stops stops = Stops::never;
  for (const std::string_view word : command) {
    if (word.starts_with("--stop-time")) return Stops::at_any_time;
    if (word == "--stop-on-failure" || word == "--preset" || word.starts_with("--preset="))
      stops = Stops::at_a_failure;
  }
  return stops;
}

}  // namespace holdfast
