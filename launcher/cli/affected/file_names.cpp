#include "cli/affected/file_names.hpp"

#include <unistd.h>

#include <array>
#include <climits>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <memory>

#include "core/base/parts.hpp"

namespace holdfast::cli {
namespace {

struct Free {
  void operator()(char* text) const { std::free(text); }
};

// Empty: the root, or what has no slash.
std::string parent_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? std::string() : path.substr(0, slash);
}

constexpr std::size_t k_most_links = 40;  // as the kernel has it

// Empty: it is no link.
std::string text_of_link(const std::string& path) {
  std::array<char, PATH_MAX> text{};
  const ssize_t size = ::readlink(path.c_str(), text.data(), text.size());
  return size < 0 ? std::string() : std::string(text.data(), static_cast<std::size_t>(size));
}

}  // namespace

std::string FileNames::of(std::string_view path) { return of(path, base_); }

std::string FileNames::of(std::string_view path, std::string_view base) {
  const std::string absolute = whole(path, base);
  const std::string name = absolute.substr(absolute.rfind('/') + 1);
  if (name.empty() || name == "." || name == "..") return directory(absolute);
  return directory(parent_of(absolute)) + "/" + name;
}

std::string FileNames::target_of(const std::string& link) {
  const std::unique_ptr<char, Free> real(::realpath(link.c_str(), nullptr));
  return real == nullptr ? std::string() : of(real.get());
}

std::vector<std::string> FileNames::links_on(std::string_view path) const {
  std::vector<std::string> links;
  std::string real;
  std::string rest = whole(path, base_);
  while (!rest.empty() && links.size() < k_most_links) {
    std::string_view open = rest;
    const std::string part(take_part(open, '/'));
    rest = std::string(open);
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      real = parent_of(real);
      continue;
    }
    real += "/" + part;
    const std::string target = text_of_link(real);
    if (target.empty()) continue;
    links.push_back(real);
    real = target.starts_with('/') ? std::string() : parent_of(real);
    rest = target + "/" + rest;
  }
  return links;
}

std::string FileNames::whole(std::string_view path, std::string_view base) {
  std::string whole = path.starts_with('/') ? std::string(path) : text_of({base, "/", path});
  for (char& c : whole) {
    if (c == '\\') c = '/';
  }
  return whole;
}

const std::string& FileNames::directory(const std::string& path) {
  if (const auto found = directories_.find(path); found != directories_.end()) return found->second;
  std::string real;
  if (const std::unique_ptr<char, Free> there{::realpath(path.c_str(), nullptr)}) {
    real = there.get();
    if (real == "/") real.clear();
  } else if (!path.empty()) {  // it may have been deleted
    const std::string name = path.substr(path.rfind('/') + 1);
    real = directory(parent_of(path));
    if (name == "..") {
      real = real.empty() ? real : parent_of(real);
    } else if (!name.empty() && name != ".") {
      real += "/" + name;
    }
  }
  return directories_[path] = real;
}

std::string path_from(const std::string& directory, const std::string& file) {
  const std::string path = std::filesystem::path(file).lexically_relative(directory).string();
  return path.empty() ? file : path;
}

}  // namespace holdfast::cli
