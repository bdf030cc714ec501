// Finds out which programs contain GoogleTest, and whether they can be asked to leave files. Other
// programs get no settings that only GoogleTest understands.
#pragma once

#include <map>
#include <string>

#include "core/base/program_identity.hpp"
#include "core/ctest/test_framework.hpp"
#include "os/stack/lost_rights.hpp"

namespace holdfast {

class GoogletestPrograms {
 public:
  // Reads the program's file once, and again after it has changed.
  TestProgram look_at(const std::string& path);

 private:
  struct Known {
    ProgramIdentity seen;
    TestProgram program;
  };
  std::map<std::string, Known> known_;
  os::ProgramReader reader_;
};

}  // namespace holdfast
