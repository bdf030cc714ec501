#include "keeper/run/googletest_programs.hpp"

#include <sys/stat.h>

#include "os/stack/elf_text.hpp"

namespace holdfast {

bool GoogletestPrograms::knows(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return false;
  const Version version{info.st_dev, info.st_ino,
                        info.st_mtim.tv_sec * 1'000'000'000LL + info.st_mtim.tv_nsec, info.st_size};
  const auto [entry, is_new] = known_.try_emplace(path);
  if (is_new || entry->second.version != version) {
    entry->second = {version, os::holds_googletest(path)};
  }
  return entry->second.is_googletest;
}

}  // namespace holdfast
