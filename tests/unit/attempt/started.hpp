// A command line and an environment, as a launcher is started with them.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "attempt/invocation.hpp"

namespace holdfast::supervision {

// HOLDFAST_ATTACH of a launcher that ctest has started.
inline constexpr const char* k_attached = "HOLDFAST_ATTACH=2 17 99 4026531836 1 shop /b";

// Must outlive the invocations that it makes.
class Started {
 public:
  // `words` without the launcher's own name.
  explicit Started(std::vector<std::string> words, std::vector<std::string> variables = {})
      : words_(std::move(words)), variables_(std::move(variables)) {
    words_.insert(words_.begin(), "holdfast-launcher");
    for (std::string& word : words_) arguments_.push_back(word.data());
    for (std::string& variable : variables_) environment_.push_back(variable.data());
    arguments_.push_back(nullptr);
    environment_.push_back(nullptr);
  }

  Result<Invocation> read() { return read_invocation(arguments_.data(), environment_.data()); }
  // For words that are surely understood.
  Invocation invocation() { return *read(); }

 private:
  std::vector<std::string> words_;
  std::vector<std::string> variables_;
  std::vector<char*> arguments_;
  std::vector<char*> environment_;
};

}  // namespace holdfast::supervision
