// Preloaded into ctest (below CMake 4.3), which removes LastTest.log.tmp and then makes it anew:
// those two are far apart. Who has removed it says so by a file in $PART_LOG_DIRECTORY, and goes on
// once another has, too, or after a second; and then not before the file $PART_LOG_UNTIL is there,
// if that is set, or half a minute is over.
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <string>
#include <string_view>

namespace {

int files_in(const char* path) {
  int count = 0;
  DIR* const directory = opendir(path);
  if (directory == nullptr) return 0;
  while (const dirent* entry = readdir(directory)) count += entry->d_name[0] != '.' ? 1 : 0;
  closedir(directory);
  return count;
}

// At most `milliseconds`.
template <typename Condition>
void wait_until(Condition is_so, int milliseconds) {
  for (int round = 0; round < milliseconds && !is_so(); ++round) {
    const timespec moment{0, 1'000'000};
    nanosleep(&moment, nullptr);
  }
}

void wait_for_another(const char* directory) {
  static bool was_here = false;
  if (was_here) return;
  was_here = true;
  const std::string file = std::string(directory) + "/" + std::to_string(getpid());
  close(open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  wait_until([&] { return files_in(directory) >= 2; }, 1000);
  const char* const sign = std::getenv("PART_LOG_UNTIL");
  if (sign != nullptr) wait_until([&] { return access(sign, F_OK) == 0; }, 30'000);
}

}  // namespace

// Of ctest only: a sanitized program refuses what is preloaded before its own runtime.
__attribute__((constructor)) static void load_into_no_child() { unsetenv("LD_PRELOAD"); }

extern "C" int unlink(const char* path) {
  static auto* const real = reinterpret_cast<int (*)(const char*)>(dlsym(RTLD_NEXT, "unlink"));
  const int result = real(path);
  const int error = errno;
  const char* const directory = std::getenv("PART_LOG_DIRECTORY");
  constexpr std::string_view k_log = "/LastTest.log.tmp";
  const std::string_view name(path);
  if (directory != nullptr && name.size() > k_log.size() &&
      name.substr(name.size() - k_log.size()) == k_log) {
    wait_for_another(directory);
  }
  errno = error;
  return result;
}
