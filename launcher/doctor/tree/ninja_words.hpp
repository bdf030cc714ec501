// What Ninja prints, taken apart. Pure. Seen with Ninja 1.11 to 1.13.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::doctor {

// The outputs that `ninja -t targets all` prints, a line for each: `path: rule`.
std::set<std::string, std::less<>> outputs_in(std::string_view targets);

// The outputs in a log of Ninja (.ninja_log): what was built at least once.
std::set<std::string, std::less<>> outputs_in_log(std::string_view log);

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
// (`logged`), or that no step makes. With -n, Ninja cannot know that nothing follows from such a
// step: what was left out for this reason is in `has_others`.
Reasons reasons_in(std::string_view explained, const std::set<std::string, std::less<>>& logged);

}  // namespace holdfast::doctor
