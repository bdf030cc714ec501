// Can headers of this C++ library be used with musl? Tried by LauncherLibc.cmake, with the
// launcher's own runtime.cpp.
#include <sys/signalfd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

int main(int count, char** arguments) {
  std::vector<std::string> words(arguments, arguments + count);
  words.push_back(std::to_string(count) + " more than fits into the string object itself");
  std::sort(words.begin(), words.end());
  const std::optional<std::size_t> size = words.size();
  return size.value_or(0) == 2 ? 0 : 1;
}
