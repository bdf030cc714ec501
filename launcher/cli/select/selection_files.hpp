// The files that `holdfast ctest` leaves for the ctest that it becomes.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "cli/select/selection.hpp"
#include "core/base/result.hpp"

namespace holdfast::cli {

class SelectionFiles {
 public:
  // Makes the directory in the tree. Removes the files of processes that have ended.
  static Result<SelectionFiles> make(const std::string& tree);

  // `name`: one of names::k_selected_numbers_file and its neighbours.
  std::filesystem::path path(std::string_view name) const;

 private:
  explicit SelectionFiles(std::filesystem::path begin) : begin_(std::move(begin)) {}

  std::filesystem::path begin_;  // of each path
};

// The records of what was chosen: of a shard, also of what is in the others. Whole lines.
std::string planned_lines(const Chosen& chosen, const Restrictions& restrictions);

}  // namespace holdfast::cli
