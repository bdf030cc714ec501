// By what signs a program's test framework is known.
#pragma once

#include <optional>
#include <string_view>

#include "values/framework.hpp"

namespace holdfast {

// What a program's file holds.
class ProgramTexts {
 public:
  // Whether the section of that name holds the text.
  virtual bool has(std::string_view section, std::string_view text) const = 0;

 protected:
  ~ProgramTexts() = default;
};

// Whether the program contains GoogleTest, or is linked with it, perhaps beside another framework.
bool has_googletest(const ProgramTexts& program);

// The test framework of a program. None: nothing shows one.
std::optional<FrameworkKind> framework_in(const ProgramTexts& program);

}  // namespace holdfast
