#include "launcher/scratch.hpp"

#include <unistd.h>

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

Result<AttemptScratch> AttemptScratch::make_own(const std::string& attempt) {
  const Result<os::UniqueFd> user = os::open_user_directory();
  if (!user) return user.error();
  const std::string above(names::k_user_scratch_directory);
  if (Result<os::UniqueFd> made = os::open_below(*user, above, 0700); !made) return made.error();
  AttemptScratch own(os::user_directory_path() + "/" + above + "/" + attempt);
  if (Result<void> made = os::make_scratch_directory(own.path_); !made) return made.error();
  own.is_own_ = true;
  return own;
}

std::string AttemptScratch::settle(Scratch what, Outcome outcome) {
  if (path_.empty()) return {};
  // An empty one tells nobody anything, whatever the outcome.
  is_as_new_ =
      os::is_pristine(path_) || (goes(what, outcome) && os::empty_scratch_directory(path_));
  if (!is_as_new_) return path_;
  if (is_own_) ::rmdir(path_.c_str());
  return {};
}

}  // namespace holdfast::launcher
