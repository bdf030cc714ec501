#include "supervision/base/programs.hpp"

#include <elf.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <cstring>
#include <iterator>

#include "os/file/system_call.hpp"
#include "os/process/process.hpp"

namespace holdfast::supervision {
namespace {

constexpr std::string_view k_main = "/bin/holdfast";
constexpr std::string_view k_exec = "/libexec/holdfast/holdfast-exec";
constexpr std::string_view k_launcher = "/libexec/holdfast/holdfast-launcher";
constexpr std::string_view k_archive = "/libexec/holdfast/holdfast-archive";

// True: the file is readable but not a whole program. If a script took the place of a program,
// every test that the program should run would pass. If the program were cut off, every such test
// would die with it. A cut-off program ends before its section headers, which linkers and strip(1)
// put last (ctest-integration/process.cmake checks the same).
bool is_no_program(const std::string& path) {
  constexpr unsigned char k_order =
      __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB : ELFDATA2MSB;
  const os::UniqueFd file(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  if (!file.valid()) return false;
  Elf64_Ehdr header{};
  const ssize_t count = os::retried([&] { return ::read(file.get(), &header, sizeof header); });
  if (count < 0) return false;
  if (count < ssize_t{sizeof header} || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0)
    return true;
  struct stat status {};
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != k_order ||
      ::fstat(file.get(), &status) != 0) {
    return false;
  }
  const std::uint64_t headers = std::uint64_t{header.e_shnum} * header.e_shentsize;
  return static_cast<std::uint64_t>(status.st_size) < header.e_shoff + headers;
}

Result<std::string> program_at(std::string_view place) {
  Result<std::string> own = os::own_program();
  if (!own) return own;
  constexpr std::string_view k_libexec = "/libexec/holdfast";
  own->erase(std::min(own->size(), own->rfind('/')));
  const bool is_below_libexec = std::string_view(*own).ends_with(k_libexec);
  own->erase(is_below_libexec ? own->size() - k_libexec.size()
                              : std::min(own->size(), own->rfind('/')));
  *own += place;
  return own;
}

Result<std::string> whole_program_at(std::string_view place) {
  Result<std::string> program = program_at(place);
  if (program && is_no_program(*program)) {
    return Error{"use " + *program + ": expected a program, install Holdfast again"};
  }
  return program;
}

// True: `name` is the name of a shell, a ctest (`ctest --instrument`, `ctest --launch`) or a cmake
// (`cmake -E cmake_link_script` of a Makefile, `cmake --build` of a project inside). None of these
// ends with the build tool.
bool stands_between(std::string_view name) {
  constexpr std::string_view k_names[] = {"sh",  "dash",    "bash",  "ksh",
                                          "zsh", "busybox", "ctest", "cmake"};
  return std::find(std::begin(k_names), std::end(k_names), name) != std::end(k_names);
}

bool is_make(std::string_view name) { return name == "make" || name == "gmake"; }

bool is_before(const timespec& a, const timespec& b) {
  return a.tv_sec != b.tv_sec ? a.tv_sec < b.tv_sec : a.tv_nsec < b.tv_nsec;
}

}  // namespace

Result<std::string> installation() { return program_at(""); }
Result<std::string> main_program() { return whole_program_at(k_main); }
Result<std::string> exec_program() { return whole_program_at(k_exec); }
Result<std::string> launcher_program() { return program_at(k_launcher); }

Result<std::string> archive_program() {
  Result<std::string> program = program_at(k_archive);
  if (program && ::access(program->c_str(), F_OK) != 0) {
    return ErrorInWords{*program + " is not installed: HOLDFAST_COMPONENTS=archive builds it"};
  }
  return program;
}

bool BuildToolSearch::take(const ProcessName& ancestor, pid_t session, std::string_view name) {
  if (session != self_.session) {
    is_adopted_ = !has_leader_;
    return false;
  }
  if (ancestor.pid == 1) return false;
  has_leader_ = has_leader_ || ancestor.pid == session;
  if (stands_between(name)) return true;
  const bool may_have_another_above = is_make(name);
  if (!tool_ || may_have_another_above) tool_ = BuildTool{ancestor, ancestor.pid == self_.parent};
  return may_have_another_above;
}

BuildToolSearch find_build_tool() {
  const BuildToolSearch::Self self{::getpid(), ::getppid(), ::getsid(0)};
  BuildToolSearch search(self);
  os::walk_up(self.parent, [&](pid_t pid, const os::ProcessStat& stat) {
    return search.take({pid, stat.start}, ::getsid(pid), stat.name);
  });
  return search;
}

os::UniqueFd open_build_tools_stderr(const BuildTool& tool) {
  const std::string path = os::in_proc(tool.process.pid, "fd/2");
  return os::UniqueFd(
      ::open(path.c_str(), O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
}

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
