// Can headers of this C++ library be used with musl? Tried by LauncherLibc.cmake.
#include <sys/signalfd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <vector>

void* operator new(std::size_t size) { return std::malloc(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace std {
void __throw_length_error(const char*) { abort(); }
void __throw_logic_error(const char*) { abort(); }
void __throw_bad_alloc() { abort(); }
void __throw_bad_array_new_length() { abort(); }
void __throw_out_of_range_fmt(const char*, ...) { abort(); }
}  // namespace std

int main(int count, char** arguments) {
  std::vector<std::string> words(arguments, arguments + count);
  words.push_back(std::to_string(count) + " more than fits into the string object itself");
  std::sort(words.begin(), words.end());
  const std::optional<std::size_t> size = words.size();
  return size.value_or(0) == 2 ? 0 : 1;
}
