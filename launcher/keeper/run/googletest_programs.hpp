// Finds out which programs contain GoogleTest, and whether they can be asked to leave files. Other
// programs get no settings that only GoogleTest understands.
#pragma once

#include <map>
#include <string>

#include "core/ctest/test_framework.hpp"
#include "os/stack/lost_rights.hpp"

namespace holdfast {

class GoogletestPrograms {
 public:
  // Reads the program's file once, and again after it has changed.
  TestProgram look_at(const std::string& path);

 private:
  struct Version {
    unsigned long device = 0;
    unsigned long inode = 0;
    long long changed_ns = 0;
    long long size = 0;

    friend bool operator==(const Version&, const Version&) = default;
  };
  struct Known {
    Version version;
    TestProgram program;
  };
  std::map<std::string, Known> known_;
  os::ProgramReader reader_;
};

}  // namespace holdfast
