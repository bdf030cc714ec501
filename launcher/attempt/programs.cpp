#include "attempt/programs.hpp"

#include <fcntl.h>
#include <link.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "os/file/descriptors.hpp"
#include "os/process/process.hpp"

namespace holdfast::supervision {
namespace {

// True: the file is readable but not a whole program. If a script took the place of a program,
// every test that the program should run would pass. If the program were cut off, every such test
// would die with it. A cut-off program ends before its section headers, which linkers and strip(1)
// put last (ctest-integration/process.cmake checks the same).
bool is_no_program(const std::string& path) {
  const os::UniqueFd file(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  if (!file.valid()) return false;
  ElfW(Ehdr) header{};
  const ssize_t count = os::retried([&] { return ::read(file.get(), &header, sizeof header); });
  if (count < ssize_t{sizeof header} || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0)
    return true;
  struct stat status {};
  (void)::fstat(file.get(), &status);
  const std::uint64_t headers = std::uint64_t{header.e_shnum} * header.e_shentsize;
  return static_cast<std::uint64_t>(status.st_size) < header.e_shoff + headers;
}

Result<std::string> program_at(std::string_view place) {
  HOLDFAST_TRY(std::string own, os::own_program());
  constexpr std::string_view k_libexec = "/libexec/holdfast";
  own.erase(std::min(own.size(), own.rfind('/')));
  const bool is_below_libexec = std::string_view(own).ends_with(k_libexec);
  own.erase(is_below_libexec ? own.size() - k_libexec.size()
                             : std::min(own.size(), own.rfind('/')));
  own += place;
  return own;
}

Result<std::string> whole_program_at(std::string_view place) {
  HOLDFAST_TRY(std::string program, program_at(place));
  if (is_no_program(program)) {
    return Error{"use " + program + ": expected a program, install Holdfast again"};
  }
  return program;
}

}  // namespace

Result<std::string> installation() { return program_at(""); }
Result<std::string> main_program() { return whole_program_at("/bin/holdfast"); }
Result<std::string> exec_program() { return whole_program_at("/libexec/holdfast/holdfast-exec"); }
Result<std::string> launcher_program() { return program_at("/libexec/holdfast/holdfast-launcher"); }

Result<std::string> component_program(const std::string& component) {
  HOLDFAST_TRY(std::string program, program_at("/libexec/holdfast/holdfast-" + component));
  if (::access(program.c_str(), F_OK) != 0) {
    return ErrorInWords{program + " is not installed: HOLDFAST_COMPONENTS=" + component +
                        " builds it"};
  }
  return program;
}

}  // namespace holdfast::supervision
