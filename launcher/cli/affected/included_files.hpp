// What sources include, by their texts: for those that no compiler has read yet.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "cli/affected/file_names.hpp"

namespace holdfast::cli {

class IncludedFiles {
 public:
  // `is_made` is true for the name of a file that the build makes, which need not exist yet.
  IncludedFiles(FileNames& names, std::function<bool(const std::string&)> is_made)
      : names_(names), is_made_(std::move(is_made)) {}

  // Returns the files `files`, all that they include, what these include and so on: with any
  // condition, and in each of the directories that has a file of that name. So these are more than
  // a compiler reads. Headers of the system are left out. None: a text does not say what it
  // includes (included_names()). Paths are those by which the files were found.
  std::optional<std::vector<std::string>> of(const std::vector<std::string>& files,
                                             const std::vector<std::string>& directories);

 private:
  using Included = std::optional<std::vector<std::string>>;

  const Included& included_by(const std::string& path);
  bool is_there(const std::string& path);

  FileNames& names_;
  std::function<bool(const std::string&)> is_made_;
  std::unordered_map<std::string, Included> included_;
  std::unordered_map<std::string, bool> there_;
};

}  // namespace holdfast::cli
