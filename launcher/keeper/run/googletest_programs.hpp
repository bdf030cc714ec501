// Finds out which programs contain GoogleTest. Other programs get no settings that only GoogleTest
// understands.
#pragma once

#include <map>
#include <string>

namespace holdfast {

class GoogletestPrograms {
 public:
  // True: the program contains GoogleTest. Reads the file once, and again after it has changed.
  bool knows(const std::string& path);

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
    bool is_googletest = false;
  };
  std::map<std::string, Known> known_;
};

}  // namespace holdfast
