#include "os/process/process_title.hpp"

#include <sys/prctl.h>

#include <cstdint>
#include <cstring>

#include "core/base/result.hpp"
#include "os/file/file_text.hpp"
#include "os/process/process.hpp"

namespace holdfast::os {

void set_process_title(const char* name, const std::vector<std::string>& words) {
  ::prctl(PR_SET_NAME, name, 0, 0, 0);
  std::string line;
  for (const std::string& word : words) line.append(word).push_back('\0');
  const Result<std::string> stat = read_file("/proc/self/stat");
  if (!stat) return;
  // The fields arg_start and arg_end of proc(5).
  const auto begin = stat_number<std::uintptr_t>(*stat, 48);
  const auto end = stat_number<std::uintptr_t>(*stat, 49);
  if (begin == 0 || end <= begin) return;
  // The last byte stays NUL; otherwise ps would show the environment too.
  line.resize(end - begin - 1);
  // NOLINTNEXTLINE(performance-no-int-to-ptr): the kernel gives the addresses as numbers.
  std::memcpy(reinterpret_cast<char*>(begin), line.data(), line.size());
}

}  // namespace holdfast::os
