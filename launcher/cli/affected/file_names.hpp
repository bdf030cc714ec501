// One name for each file, however a path leads to it: git, Ninja, compilers and ctest write the
// same file in different ways.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace holdfast::cli {

class FileNames {
 public:
  // Relative paths begin at `base`, which is absolute.
  explicit FileNames(std::string base) : base_(std::move(base)) {}

  // The absolute path without links, `.` and `..` in its directories. The file itself may be a
  // link, and need not exist. A backslash becomes a slash, as in what `ninja -t graph` prints.
  std::string of(std::string_view path);
  std::string of(std::string_view path, std::string_view base);
  // What a link leads to; empty: it leads to nothing.
  std::string target_of(const std::string& link);
  // The links through which a path leads, by their names: in its directories and at its end, and
  // those to which they lead. The time is a system call for each part of the path.
  std::vector<std::string> links_on(std::string_view path) const;

 private:
  static std::string whole(std::string_view path, std::string_view base);
  // Empty: the root.
  const std::string& directory(const std::string& path);

  std::string base_;
  std::unordered_map<std::string, std::string> directories_;
};

// The path of `file` from `directory`, for two names that FileNames gave: `a/b`, `../c`.
std::string path_from(const std::string& directory, const std::string& file);

}  // namespace holdfast::cli
