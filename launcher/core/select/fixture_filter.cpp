#include "core/select/fixture_filter.hpp"

#include <string>

#include "core/ctest/cmake_expression.hpp"

namespace holdfast {
namespace {

void remove_matching(const std::string& expression, std::vector<SelectableTest>& tests,
                     std::vector<std::string> TestSchedule::*fixtures) {
  if (expression.empty()) return;
  const Result<CMakeExpression> matcher = CMakeExpression::compile(expression);
  if (!matcher) return;
  for (SelectableTest& test : tests) {
    std::erase_if(test.schedule.*fixtures,
                  [&](const std::string& name) { return matcher->is_found_in(name); });
  }
}

}  // namespace

void apply(const FixtureFilter& filter, std::vector<SelectableTest>& tests) {
  remove_matching(filter.any, tests, &TestSchedule::required);
  remove_matching(filter.setup, tests, &TestSchedule::setup);
  remove_matching(filter.cleanup, tests, &TestSchedule::cleanup);
}

}  // namespace holdfast
