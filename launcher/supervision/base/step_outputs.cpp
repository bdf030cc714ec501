#include "supervision/base/step_outputs.hpp"

#include <fcntl.h>
#include <sys/stat.h>

namespace holdfast::supervision {
namespace {

bool is_before(const timespec& a, const timespec& b) {
  return a.tv_sec != b.tv_sec ? a.tv_sec < b.tv_sec : a.tv_nsec < b.tv_nsec;
}

}  // namespace

std::vector<std::string> files_made_by(const BuildStep& step, char** command) {
  std::vector<std::string> files;
  if (step.kind == StepKind::custom) return files;  // its rule may list files that it only updates
  if (!step.output.empty()) files.push_back(step.output);
  for (char** word = command; *word != nullptr; ++word) {
    const std::string_view option = *word;
    const bool names_one = option == "-MF" || (option == "-o" && step.kind == StepKind::scan);
    if (names_one && word[1] != nullptr) files.emplace_back(word[1]);
  }
  return files;
}

StepOutputs::StepOutputs(const BuildStep& step, char** command)
    : directory_(::open(".", O_PATH | O_DIRECTORY | O_CLOEXEC)),
      files_(files_made_by(step, command)) {
  // File systems stamp files by this clock.
  ::clock_gettime(CLOCK_REALTIME_COARSE, &begun_);
}

void StepOutputs::go_there() const { (void)::fchdir(directory_.get()); }

void StepOutputs::remove() const {
  for (const std::string& file : files_) {
    struct stat info {};
    if (::fstatat(directory_.get(), file.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) continue;
    if (!S_ISREG(info.st_mode) || is_before(info.st_mtim, begun_)) continue;
    (void)::unlinkat(directory_.get(), file.c_str(), 0);
  }
}

}  // namespace holdfast::supervision
