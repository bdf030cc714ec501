// The command that starts a far attempt: srun, and what a user may add to it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.hpp"

namespace holdfast {

// Splits a user's options for srun at blanks. A word with blanks stands in quotes ('…' or "…"),
// inside of which nothing is special. Refuses a quote that is not closed, a word that is no option
// or the value of one, and options that would change what Holdfast sets or reads: how many tasks
// and nodes there are, where the output goes, which job it is.
Result<std::vector<std::string>> srun_words(std::string_view options);

struct FarStep {
  unsigned processors = 1;
  std::vector<std::string> options;  // the user's, from srun_words()
  std::vector<std::string> left_out_nodes;
  std::vector<std::string> command;  // what the step runs
};

// The words of the whole command.
std::vector<std::string> srun_command(const FarStep& step);

// Whether a variable (`NAME=VALUE`) is kept from srun itself, because it would change what srun
// prints, is for the test's dynamic linker, or is secret.
bool is_kept_from_srun(std::string_view entry);

// Whether a variable of the step wins over that of the same name on this side: Slurm, or what a
// site has set up around its steps, sets it anew for each step.
bool is_of_step(std::string_view entry);

}  // namespace holdfast
