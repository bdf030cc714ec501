// Preloaded into ctest (below CMake 4.3), which removes LastTest.log.tmp and then makes it anew:
// those two are far apart. Who has removed it says so by a file in $PART_LOG_DIRECTORY, and goes on
// once another has, too, or after a second.
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

void wait_for_another(const char* directory) {
  static bool was_here = false;
  if (was_here) return;
  was_here = true;
  const std::string file = std::string(directory) + "/" + std::to_string(getpid());
  close(open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  constexpr int k_rounds = 1000;
  for (int round = 0; round < k_rounds && files_in(directory) < 2; ++round) {
    const timespec moment{0, 1'000'000};
    nanosleep(&moment, nullptr);
  }
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
