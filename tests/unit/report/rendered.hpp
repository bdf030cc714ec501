// Reports as texts, with outputs that a test makes up.
#pragma once

#include "report/render.hpp"

#include <map>
#include <string>
#include <utility>

namespace holdfast {

// What tests, cases and services printed, by their names.
class MadeUpOutputs final : public Outputs {
 public:
  explicit MadeUpOutputs(std::map<std::string, std::string> outputs = {}, std::string usual = {})
      : outputs_(std::move(outputs)), usual_(std::move(usual)) {}

  Printed of(const TestReport& test) override { return {named(test.name), {}}; }
  std::string of(const Case& one) override { return named(one.name); }
  std::string of(const Attempt& earlier) override { return named(earlier.log); }
  std::string of(const ServiceOutput& part) override { return named(part.name); }

 private:
  std::string named(const std::string& name) const {
    const auto found = outputs_.find(name);
    return found == outputs_.end() ? usual_ : found->second;
  }

  std::map<std::string, std::string> outputs_;
  std::string usual_;  // what all others printed
};

inline std::string text_of_report(const RunReport& report, Format format, Outputs& outputs,
                                  JunitReader reader = JunitReader::any) {
  std::string text;
  render(
      report, outputs, format, [&](std::string_view piece) { text += piece; }, reader);
  return text;
}

inline std::string text_of_report(const RunReport& report, Format format,
                                  std::map<std::string, std::string> outputs = {}) {
  MadeUpOutputs made_up(std::move(outputs));
  return text_of_report(report, format, made_up);
}

}  // namespace holdfast
