// Which files a test has for its inputs, besides its program: those that its command names, and
// REQUIRED_FILES. Looks at none of them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

// The words of a command after its program that look like the path of a file, absolute, as seen
// from `directory`: no options, nothing that an option -o names, no text with blanks. The first
// few, each once. Empty `directory`: absolute ones only.
std::vector<std::string> file_arguments(const std::vector<std::string_view>& command,
                                        std::string_view directory);

// Whether there is a relative one among them: who has none need not know its directory.
bool has_relative_file(const std::vector<std::string_view>& command);

// The first few of REQUIRED_FILES that are absolute; `encoded`: as Properties has them.
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

// Whether a file that a command names is what is tested, and not what the test may be writing: it
// is of the project's sources, or the first that is named (`python3 x.py`, `valgrind ./x`) and a
// script or a program.
bool is_input(std::string_view path, Named named, bool is_executable, const ProjectPlace& place);

}  // namespace holdfast
