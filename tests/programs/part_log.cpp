// A library to preload into ctest. Before CMake 4.3 ctest removes LastTest.log.tmp and then makes
// it anew; this puts a pause between the two. A ctest that has removed the file leaves a file in
// $PART_LOG_DIRECTORY. It goes on once another ctest has done so too, or after a second. If
// $PART_LOG_UNTIL is set, it then waits for that file as well, for half a minute at most.
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

// Waits for at most `milliseconds`.
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

// This library is for ctest only: a sanitized program refuses to start with a library before its
// own runtime.
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
