// The files that `holdfast ctest` leaves for the ctest that it becomes.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

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
// The same of tests of which none is in a shard.
std::string planned_lines(const std::vector<SelectableTest>& tests);

// Whether Holdfast is attached to the tree. If it is not, nobody takes the variables away that are
// for this ctest, and tests would see them.
bool is_attached(const std::string& tree);

// Leaves these records for the ctest that we become. Its keeper writes them into the journal, and
// makes the run red if ctest runs other tests (keeper/run/chosen_tests.hpp). Without Holdfast in
// the tree, there is nobody to read them.
Result<void> leave_plan(const std::string& tree, const SelectionFiles& files,
                        const std::string& lines);

}  // namespace holdfast::cli
