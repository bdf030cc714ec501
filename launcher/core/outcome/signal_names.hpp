// The names of signals: sigabbrev_np(3) with `SIG` before it, as in signal(7).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace holdfast {

// `SIGSEGV`; for a signal without a name `signal 40`.
std::string signal_name(int signal);

// `signal 11 (SIGSEGV)`; for a signal without a name `signal 40`.
std::string signal_text(int signal);

// The number of `SIGSEGV`. Real-time signals have no names.
std::optional<int> signal_named(std::string_view name);

}  // namespace holdfast
