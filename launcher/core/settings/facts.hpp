// What ctest and a project say of a test beside its settings: core/settings/facts.def. Empty, or
// false, where nothing is said.
#pragma once

#include <string>
#include <string_view>

#include "core/settings/value.hpp"

namespace holdfast {

struct TestFacts {
#define HOLDFAST_TEXT(field, variable) std::string field = {};
#define HOLDFAST_FLAG(field, variable) bool field = false;
#include "core/settings/facts.def"
};

// Of a variable HOLDFAST_P_<variable>: a fact or a property that is a setting. False: it is
// neither.
bool learn(std::string_view variable, std::string_view value, TestFacts& facts, Values& said);

// Whether `labels`, as TestFacts has them, has that one.
bool has_label(std::string_view labels, std::string_view label);

}  // namespace holdfast
