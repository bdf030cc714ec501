// Which files are inputs of a test: those that its command names, and REQUIRED_FILES.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

// The words after the program that look like a path, made absolute from `directory`. Leaves out
// options, the word after an option -o, and text with blanks, unless it looks like an absolute
// path. Gives the first few, each once. If `directory` is empty, leaves out relative paths.
std::vector<std::string> file_arguments(const std::vector<std::string_view>& command,
                                        std::string_view directory);

// Whether one of these words is a relative path. If none is, file_arguments() needs no directory.
bool has_relative_file(const std::vector<std::string_view>& command);

// The first few absolute paths of REQUIRED_FILES. `encoded` has commas between paths, each encoded
// as a file name (base/encoding.hpp).
std::vector<std::string> required_files(std::string_view encoded);

struct TestInputs {
  std::vector<std::string> named;     // file_arguments()
  std::vector<std::string> required;  // required_files()
};

// The directories of a project; empty: not known.
struct ProjectPlace {
  std::string sources;
  std::string tree;  // the build tree
};

enum class Named : std::uint8_t { first, later };

// Whether a file that the command names is what the test tests, and not what it may write. A file
// is an input if it is among the project's sources. It is also an input if the command names it
// first (`python3 x.py`, `valgrind ./x`) and it is a script or a program.
bool is_input(std::string_view path, Named named, bool is_executable, const ProjectPlace& place);

}  // namespace holdfast
