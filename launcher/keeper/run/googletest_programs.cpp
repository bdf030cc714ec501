#include "keeper/run/googletest_programs.hpp"

#include <sys/stat.h>

namespace holdfast {

TestProgram GoogletestPrograms::look_at(const std::string& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return {};
  const Version version{info.st_dev, info.st_ino,
                        info.st_mtim.tv_sec * 1'000'000'000LL + info.st_mtim.tv_nsec, info.st_size};
  const auto [entry, is_new] = known_.try_emplace(path);
  if (is_new || entry->second.version != version) {
    entry->second = {version, reader_.read(path)};
  }
  return entry->second.program;
}

}  // namespace holdfast
