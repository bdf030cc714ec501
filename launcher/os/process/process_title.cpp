#include "os/process/process_title.hpp"

#include <sys/prctl.h>

#include <cstdint>
#include <cstring>

#include "core/base/number.hpp"
#include "core/base/result.hpp"
#include "os/file/file_text.hpp"

namespace holdfast::os {
namespace {

struct Area {
  char* begin = nullptr;
  std::size_t size = 0;
};

// arg_start and arg_end: fields 48 and 49 of /proc/self/stat, proc(5). Counting starts after the
// name.
Area argument_area() {
  const Result<std::string> text = read_file("/proc/self/stat");
  if (!text || text->rfind(')') == std::string::npos) return {};
  std::string_view rest = std::string_view(*text).substr(text->rfind(')') + 1);
  std::uintptr_t ends[2] = {};
  for (int field = 3; field <= 49 && !rest.empty(); ++field) {
    rest.remove_prefix(1);
    if (field >= 48) ends[field - 48] = leading_number<std::uintptr_t>(rest).value_or(0);
    const std::size_t blank = rest.find(' ');
    rest.remove_prefix(blank == std::string_view::npos ? rest.size() : blank);
  }
  if (ends[0] == 0 || ends[1] <= ends[0]) return {};
  // NOLINTNEXTLINE(performance-no-int-to-ptr): the kernel says where they are, as numbers.
  return {reinterpret_cast<char*>(ends[0]), ends[1] - ends[0]};
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
