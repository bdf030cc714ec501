#include "values/explained_ends.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "base/number.hpp"
#include "base/strings.hpp"

namespace holdfast {

std::optional<std::uint64_t> oom_kills_in(std::string_view text) {
  constexpr std::string_view k_key = "oom_kill ";
  while (!text.empty()) {
    const std::string_view line = take_part(text, '\n');
    if (line.starts_with(k_key)) return parse_number<std::uint64_t>(line.substr(k_key.size()));
  }
  return std::nullopt;
}

bool names_oom_victim(std::string_view line, int pid) {
  const std::string_view rest = text_after(line, "ut of memory: Killed process ");
  return rest.starts_with(std::to_string(pid) + " (");
}

bool OomClaims::explains_death(const Start& start, std::optional<std::uint64_t> kills) {
  if (!start.kills || !kills || *kills < *start.kills) return false;
  if (*kills - *start.kills <= claims_ - start.claims) return false;
  ++claims_;
  return true;
}

namespace {

// prctl(2) installs filters of system calls, and syscall(2) can do anything. The last rows are of
// libraries that exist for this purpose.
constexpr auto k_taking = std::to_array<std::string_view>(
    {"capset",          "chroot",        "fsmount",          "initgroups",
     "mount",           "mount_setattr", "move_mount",       "pivot_root",
     "prctl",           "prlimit",       "prlimit64",        "setegid",
     "seteuid",         "setfsgid",      "setfsuid",         "setgid",
     "setgroups",       "setns",         "setregid",         "setresgid",
     "setresuid",       "setreuid",      "setrlimit",        "setrlimit64",
     "setuid",          "syscall",       "ulimit",           "umount",
     "umount2",         "unshare",       "cap_launch",       "cap_set_mode",
     "cap_set_proc",    "cap_setgroups", "cap_setuid",       "capng_apply",
     "capng_change_id", "capng_lock",    "pam_open_session", "seccomp_load"});

constexpr auto k_toolchain = std::to_array<std::string_view>(
    {"libasan",     "libatomic", "libc",      "libc++",  "libc++abi", "libdl",      "libgcc_s",
     "libgfortran", "libgomp",   "libhwasan", "liblsan", "libm",      "libpthread", "libquadmath",
     "libresolv",   "librt",     "libstdc++", "libtsan", "libubsan",  "libunwind"});

// `libm.so.6` is `libm`, and `ld-linux-x86-64.so.2` is `ld-linux-x86-64`.
std::string_view without_suffix(std::string_view library) {
  return library.substr(0, library.find(".so"));
}

}  // namespace

bool takes_rights_away(std::string_view function) {
  return std::ranges::find(k_taking, function) != k_taking.end();
}

bool is_of_toolchain(std::string_view library) {
  const std::string_view name = without_suffix(library);
  return name.starts_with("ld-") || name.starts_with("libc.musl-") ||
         std::ranges::find(k_toolchain, name) != k_toolchain.end();
}

}  // namespace holdfast
