#include "keeper/googletest_programs.hpp"

#include <sys/stat.h>

#include "core/environment.hpp"
#include "os/elf_text.hpp"

namespace holdfast {
namespace {

// Linked into the program, or a library that it is linked with: its name, with the suffixes that
// builds give it. Debug sections, which may be a hundred times larger, are not looked at.
bool has_googletest(const std::string& path) {
  return os::elf_section_holds(path, ".rodata", environment::k_googletest_runs) ||
         os::elf_section_holds(path, ".dynstr", "libgtest");
}

}  // namespace

bool GoogletestPrograms::knows(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return false;
  const Version version{info.st_dev, info.st_ino,
                        info.st_mtim.tv_sec * 1'000'000'000LL + info.st_mtim.tv_nsec, info.st_size};
  const auto [entry, is_new] = known_.try_emplace(path);
  if (is_new || entry->second.version != version) {
    entry->second = {version, has_googletest(path)};
  }
  return entry->second.is_googletest;
}

}  // namespace holdfast
