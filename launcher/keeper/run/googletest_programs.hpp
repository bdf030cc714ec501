// Which programs have GoogleTest in them: what only such a program understands is set for no other.
#pragma once

#include <map>
#include <string>

namespace holdfast {

class GoogletestPrograms {
 public:
  // Looks into the file once, and again when it has changed.
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
