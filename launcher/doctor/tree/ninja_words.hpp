// What a dry run of Ninja says, taken apart (core/affected/ninja_tools.hpp reads its other tools).
// Pure. Seen with Ninja 1.11 to 1.13.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/affected/ninja_tools.hpp"

namespace holdfast::doctor {

// The command of each step in `ninja -t compdb`, with the step's first output. Ninja leaves out
// steps without inputs. Empty: it is not understood.
std::map<std::string, std::string, std::less<>> outputs_by_command(const std::string& compdb);

// Why Ninja would do something, by `ninja -d explain`.
struct Reasons {
  std::vector<std::string> all;    // sentences of Ninja
  std::vector<std::string> newer;  // files that are newer than what is made of them
  bool has_others = false;         // see below
};
// Leaves out that something is made again because a step before it runs. Also leaves out steps that
// run each time, and what never exists: an output that does not exist although it was built
// (`logged` has it), or that no step makes. With -n, Ninja cannot know that nothing follows from
// such a step: what was left out for this reason is in `has_others`.
Reasons reasons_in(std::string_view explained, const NinjaLog& logged);

}  // namespace holdfast::doctor
