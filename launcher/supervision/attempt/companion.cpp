#include "supervision/attempt/companion.hpp"

#include <unistd.h>

#include "os/stack/stack_dump.hpp"

namespace holdfast::supervision {
namespace {

// A living reader reads at once.
constexpr Milliseconds k_telling_time{200};

class NoCompanion final : public Companion {};

NoCompanion none;

}  // namespace

void Companion::tell(const std::string& text) {
  os::write_within(STDERR_FILENO, text, k_telling_time);
}

Companion& no_companion() { return none; }

}  // namespace holdfast::supervision
