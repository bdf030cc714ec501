// What ctest and a project say about a test besides its settings: values/test_properties.def. A
// fact that nobody gave is empty or false.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "values/test_order.hpp"
#include "values/value.hpp"

namespace holdfast {

struct TestProperties {
#define HOLDFAST_TEXT(field, variable) std::string field = {};
#define HOLDFAST_FLAG(field, variable) bool field = false;
#include "values/test_properties.def"
};

// Takes the value of HOLDFAST_P_<variable>, if that is a fact or a setting. False: it is neither.
bool learn(std::string_view variable, std::string_view value, TestProperties& properties,
           Values& said);

// The names in RESOURCE_LOCK, LABELS and the like.
std::vector<std::string> decoded_names(std::string_view list);
// Whether `labels`, in the form of TestProperties, has that label.
bool has_label(std::string_view labels, std::string_view label);

// PROCESSORS, 1 to k_most_slots_of_test.
inline constexpr std::size_t k_most_slots_of_test = 1'000'000;
std::int64_t processors_of(const TestProperties& properties);
TestSchedule schedule_of(const TestProperties& properties);

}  // namespace holdfast
