// show_self [ARGUMENT…]: prints all that a process can see of itself, as one line of JSON.
#include <dirent.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <fstream>
#include <iostream>
#include <sstream>
#include <string>

#include "habit.hpp"

extern char** environ;

namespace {

// Each byte becomes a Latin-1 character, and the driver turns it back into that byte.
std::string json_text(const std::string& text) {
  std::string out = "\"";
  for (unsigned char c : text) {
    char code[8];
    std::snprintf(code, sizeof code, "\\u%04x", c);
    if (c < 0x20 || c > 0x7e || c == '"' || c == '\\') {
      out += code;
    } else {
      out += static_cast<char>(c);
    }
  }
  return out + "\"";
}

std::string list(char** words) {
  std::string out = "[";
  for (char** word = words; *word != nullptr; ++word)
    out += (word == words ? "" : ",") + json_text(*word);
  return out + "]";
}

std::string descriptors() {
  std::string out = "{";
  DIR* entries = opendir("/proc/self/fd");
  while (const dirent* entry = readdir(entries)) {
    if (entry->d_name[0] == '.' || std::atoi(entry->d_name) == dirfd(entries)) continue;
    char target[4096];
    const ssize_t length =
        readlink(("/proc/self/fd/" + std::string(entry->d_name)).c_str(), target, sizeof target);
    if (out.size() > 1) out += ",";
    out += json_text(entry->d_name) + ":" +
           json_text(std::string(target, length > 0 ? static_cast<size_t>(length) : 0));
  }
  closedir(entries);
  return out + "}";
}

std::string status_field(const std::string& name) {
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);) {
    if (line.rfind(name + ":\t", 0) == 0) return line.substr(name.size() + 2);
  }
  return "";
}

std::string whole(const char* path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

void field(const char* name, const std::string& value) {
  std::cout << ",\"" << name << "\":" << value;
}

}  // namespace

int main(int /*count*/, char** words) {
  std::string fds = descriptors();
  char cwd[4096];
  std::cout << "{\"argv\":" << list(words);
  field("env", list(environ));
  field("fds", fds);
  for (const char* name : {"SigBlk", "SigIgn", "SigCgt", "Cpus_allowed", "SigQ"})
    field(name, json_text(status_field(name)));
  field("limits", json_text(whole("/proc/self/limits")));
  field("cwd", json_text(getcwd(cwd, sizeof cwd) != nullptr ? cwd : ""));
  field("pid", std::to_string(getpid()));
  field("ppid", std::to_string(getppid()));
  field("pgid", std::to_string(getpgrp()));
  field("sid", std::to_string(getsid(0)));
  field("tpgid", std::to_string(tcgetpgrp(0)));
  field("stdin_is_terminal", isatty(0) != 0 ? "true" : "false");
  field("stdout_is_terminal", isatty(1) != 0 ? "true" : "false");
  field("nice", std::to_string(getpriority(PRIO_PROCESS, 0)));
  const mode_t mask = umask(0);
  field("umask", std::to_string(mask));
  std::cout << "}" << std::endl;
  return 0;
}
