// Names in their order, each once.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/batch/name_index.hpp"

namespace holdfast {

class UniqueNames {
 public:
  void add(std::string name) {
    const auto name_at = [this](std::uint32_t place) { return std::string_view(names_[place]); };
    const auto count = static_cast<std::uint32_t>(names_.size());
    if (places_.find_or_add(name, count, name_at) == count) names_.push_back(std::move(name));
  }
  std::vector<std::string> take() { return std::move(names_); }

 private:
  std::vector<std::string> names_;
  NameIndex places_;
};

}  // namespace holdfast
