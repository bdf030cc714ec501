#include "supervision/base/inputs.hpp"

#include <unistd.h>

#include <climits>

#include "supervision/base/invocation.hpp"

namespace holdfast::supervision {

TestInputs inputs_of(char** command, std::string_view required) {
  const std::vector<std::string_view> words = words_of(command);
  char here[PATH_MAX];
  const bool is_here = has_relative_file(words) && ::getcwd(here, sizeof here) != nullptr;
  return {file_arguments(words, is_here ? std::string_view(here) : std::string_view()),
          required_files(required)};
}

}  // namespace holdfast::supervision
