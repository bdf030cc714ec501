// Names in their order, each once.
#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

namespace holdfast {

class UniqueNames {
 public:
  void add(std::string name) {
    if (seen_.insert(name).second) names_.push_back(std::move(name));
  }
  std::vector<std::string> take() { return std::move(names_); }

 private:
  std::vector<std::string> names_;
  std::set<std::string> seen_;
};

}  // namespace holdfast
