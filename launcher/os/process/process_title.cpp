#include "os/process/process_title.hpp"

#include <sys/prctl.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string>

namespace holdfast::os {
namespace {

// Where the kernel put the arguments, one after the other (arg_start in proc(5)).
struct Place {
  char* begin = nullptr;
  std::size_t size = 0;
};

Place& place_of_arguments() {
  static Place place;
  return place;
}

// A caller of main() that is not the kernel may have put them anywhere.
Place place_of(char** arguments) {
  Place place{arguments[0], 0};
  for (char** word = arguments; *word != nullptr && *word == place.begin + place.size; ++word) {
    place.size += std::strlen(*word) + 1;
  }
  return place;
}

}  // namespace

char** take_arguments(char** arguments) {
  std::size_t count = 0;
  while (arguments[count] != nullptr) ++count;
  if (count > 0) place_of_arguments() = place_of(arguments);
  // NOLINTNEXTLINE(cppcoreguidelines-owning-memory): whoever has a pointer into them keeps it.
  char** copies = new char*[count + 1];
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t size = std::strlen(arguments[i]) + 1;
    // NOLINTNEXTLINE(cppcoreguidelines-owning-memory)
    copies[i] = static_cast<char*>(std::memcpy(new char[size], arguments[i], size));
  }
  copies[count] = nullptr;
  return copies;
}

void set_process_title(std::string_view name, std::initializer_list<std::string_view> words) {
  ::prctl(PR_SET_NAME, std::string(name).c_str(), 0, 0, 0);
  const Place& place = place_of_arguments();
  if (place.size == 0) return;
  std::string line;
  for (const std::string_view word : words) line.append(word).push_back('\0');
  // The last byte stays NUL; otherwise ps would show the environment too.
  line.resize(place.size - 1);
  std::memcpy(place.begin, line.data(), line.size());
}

}  // namespace holdfast::os
