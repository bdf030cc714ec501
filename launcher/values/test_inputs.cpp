#include "values/test_inputs.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/encoding.hpp"
#include "base/text.hpp"

namespace holdfast {
namespace {

// All inputs travel to the keeper in one packet. ctest gets as many REQUIRED_FILES
// (ctest-integration/inputs.cmake; the test cmake.properties compares the two numbers).
constexpr std::size_t k_most_inputs = 8;
constexpr std::size_t k_longest_path = 1024;

// Whether `c` is usual in file names. Quotes, `=` and the like are signs of texts, options and
// expressions.
bool is_plain(char c) {
  return static_cast<unsigned char>(c) > ' ' &&
         std::string_view("\"'$*;=\x7f").find(c) == std::string_view::npos;
}

std::string_view suffix_of(std::string_view path) {
  const std::string_view name = last_part_of(path);
  const std::size_t dot = name.rfind('.');
  return dot == std::string_view::npos || dot == 0 ? std::string_view() : name.substr(dot + 1);
}

bool is_address(std::string_view word) { return word.find("://") != std::string_view::npos; }

bool looks_like_file(std::string_view word) {
  if (word.empty() || word.front() == '-' || word.back() == '/') return false;
  if (!std::ranges::all_of(word, is_plain) || is_address(word)) return false;
  return word.find('/') != std::string_view::npos ||
         std::ranges::any_of(suffix_of(word), is_ascii_letter);
}

// An absolute path may have blanks. So may a command for a shell, which follows the option -c or
// has options of its own.
bool is_path_with_blanks(std::string_view option, std::string_view word) {
  const auto may_be_in_path = [](char c) {
    return c == ' ' ||
           (is_plain(c) && std::string_view("|&<>()`").find(c) == std::string_view::npos);
  };
  return option != "-c" && word.starts_with('/') && !word.ends_with('/') && !is_address(word) &&
         word.find(" -") == std::string_view::npos && std::ranges::all_of(word, may_be_in_path);
}

bool is_for_output(std::string_view option) { return option == "-o" || option == "--output"; }

void add(std::vector<std::string>& files, std::string path) {
  if (files.size() == k_most_inputs || path.size() > k_longest_path) return;
  if (std::ranges::find(files, path) == files.end()) files.push_back(std::move(path));
}

}  // namespace

bool has_relative_file(const std::vector<std::string_view>& command) {
  return command.size() > 1 && std::any_of(command.begin() + 1, command.end(), [](auto word) {
           return looks_like_file(word) && word.front() != '/';
         });
}

std::vector<std::string> file_arguments(const std::vector<std::string_view>& command,
                                        std::string_view directory) {
  std::vector<std::string> files;
  for (std::size_t i = 1; i < command.size(); ++i) {
    std::string_view word = command[i];
    const std::string_view option = command[i - 1];
    if (is_for_output(option)) continue;
    if (!looks_like_file(word) && !is_path_with_blanks(option, word)) continue;
    if (word.front() == '/') {
      add(files, std::string(word));
    } else if (!directory.empty()) {
      while (word.starts_with("./")) word.remove_prefix(2);
      add(files, text_of({directory, "/", word}));
    }
  }
  return files;
}

std::vector<std::string> required_files(std::string_view encoded) {
  std::vector<std::string> files;
  for (const std::string_view part : TextParts{encoded, ','}) {
    std::string path = decode_file_name(part);
    if (path.starts_with('/')) add(files, std::move(path));
  }
  return files;
}

bool is_input(std::string_view path, Named named, bool is_executable, const ProjectPlace& place) {
  constexpr std::array<std::string_view, 16> k_scripts = {
      "py",  "pl", "rb",    "sh",  "bash", "js",  "mjs",  "ts",
      "lua", "R",  "cmake", "jar", "tcl",  "php", "bats", "jl"};
  if (is_path_below(path, place.sources) && !is_path_below(path, place.tree)) return true;
  return named == Named::first &&
         (is_executable || std::ranges::find(k_scripts, suffix_of(path)) != k_scripts.end());
}

}  // namespace holdfast
