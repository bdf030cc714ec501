#include "os/process/process_title.hpp"

#include <sys/prctl.h>

#include <cstdint>
#include <cstring>

#include "core/base/result.hpp"
#include "os/file/file_text.hpp"
#include "os/process/process.hpp"

namespace holdfast::os {
namespace {

struct Area {
  char* begin = nullptr;
  std::size_t size = 0;
};

// The fields arg_start and arg_end of proc(5).
Area argument_area() {
  const Result<std::string> stat = read_file("/proc/self/stat");
  if (!stat) return {};
  const auto begin = stat_number<std::uintptr_t>(*stat, 48);
  const auto end = stat_number<std::uintptr_t>(*stat, 49);
  if (begin == 0 || end <= begin) return {};
  // NOLINTNEXTLINE(performance-no-int-to-ptr): the kernel says where they are, as numbers.
  return {reinterpret_cast<char*>(begin), end - begin};
}

}  // namespace

void set_process_title(const char* name, const std::vector<std::string>& words) {
  ::prctl(PR_SET_NAME, name, 0, 0, 0);
  std::string line;
  for (const std::string& word : words) line.append(word).push_back('\0');
  const Area area = argument_area();
  if (area.size == 0) return;
  line.resize(area.size - 1);  // the last byte stays NUL, or ps shows the environment too
  std::memcpy(area.begin, line.data(), line.size());
}

}  // namespace holdfast::os
