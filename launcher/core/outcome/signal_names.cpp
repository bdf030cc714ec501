#include "core/outcome/signal_names.hpp"

#include <cstring>

namespace holdfast {
namespace {

constexpr int k_last_signal = 31;  // later ones have no names; programs give them a meaning

}  // namespace

std::string signal_name(int signal) {
  const char* const name = ::sigabbrev_np(signal);
  return name != nullptr ? "SIG" + std::string(name) : "signal " + std::to_string(signal);
}

std::string signal_text(int signal) {
  std::string text = "signal " + std::to_string(signal);
  if (::sigabbrev_np(signal) != nullptr) text += " (" + signal_name(signal) + ")";
  return text;
}

std::optional<int> signal_named(std::string_view name) {
  if (!name.starts_with("SIG")) return std::nullopt;
  for (int signal = 1; signal <= k_last_signal; ++signal) {
    const char* const known = ::sigabbrev_np(signal);
    if (known != nullptr && name.substr(3) == known) return signal;
  }
  return std::nullopt;
}

}  // namespace holdfast
