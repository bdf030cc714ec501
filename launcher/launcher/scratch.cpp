#include "launcher/scratch.hpp"

#include "core/names.hpp"
#include "os/scratch_directory.hpp"
#include "os/trusted_directory.hpp"

namespace holdfast::launcher {
namespace {

bool goes(Scratch what, Outcome outcome) {
  switch (what) {
    case Scratch::keep_failed:
      return outcome == Outcome::passed || outcome == Outcome::skipped;
    case Scratch::keep:
      return false;
    case Scratch::remove:
      return true;
  }
  return true;
}

}  // namespace

Result<std::string> make_own_scratch(const std::string& attempt) {
  const Result<os::UniqueFd> user = os::open_user_directory();
  if (!user) return user.error();
  const std::string above(names::k_user_scratch_directory);
  if (Result<os::UniqueFd> made = os::open_below(*user, above, 0700); !made) return made.error();
  std::string path = os::user_directory_path() + "/" + above + "/" + attempt;
  if (Result<void> made = os::make_scratch_directory(path); !made) return made.error();
  return path;
}

SettledScratch settle_scratch(const std::string& path, Scratch what, Outcome outcome) {
  if (path.empty()) return {};
  // An empty one tells nobody anything, whatever the outcome.
  if (os::is_pristine(path)) return {{}, true};
  if (goes(what, outcome) && os::empty_scratch_directory(path)) return {{}, true};
  return {path, false};
}

}  // namespace holdfast::launcher
