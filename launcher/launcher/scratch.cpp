#include "launcher/scratch.hpp"

#include "os/scratch_directory.hpp"

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

SettledScratch settle_scratch(const std::string& path, Scratch what, Outcome outcome) {
  if (path.empty()) return {};
  // An empty one tells nobody anything, whatever the outcome.
  if (os::is_pristine(path)) return {{}, true};
  if (goes(what, outcome) && os::empty_scratch_directory(path)) return {{}, true};
  return {path, false};
}

}  // namespace holdfast::launcher
