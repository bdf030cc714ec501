// holdfast-archive pack FORM <files >archive
// holdfast-archive unpack ARCHIVE MOST >files
//
// On failure its stderr has what to_text() makes a line of, and its exit code is not 0.
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <string_view>

#include "archive/pack.hpp"
#include "archive/unpack.hpp"
#include "core/base/number.hpp"
#include "core/outcome/exit_codes.hpp"
#include "os/file/file_text.hpp"

namespace {

holdfast::Result<void> work(int count, char** arguments) {
  using namespace holdfast;
  const std::string_view verb = count > 1 ? arguments[1] : "";
  if (verb == "pack" && count == 3) {
    return archive::pack(arguments[2], STDIN_FILENO, STDOUT_FILENO);
  }
  const auto most =
      verb == "unpack" && count == 4 ? parse_number<std::uint64_t>(arguments[3]) : std::nullopt;
  if (most) return archive::unpack(arguments[2], *most, STDOUT_FILENO);
  return Error{"understand the arguments: holdfast report starts this program"};
}

}  // namespace

int main(int count, char** arguments) {
  // Nobody would read the rest.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const holdfast::Result<void> done = work(count, arguments);
  if (done) return holdfast::exit_codes::k_success;
  (void)holdfast::os::write_all(STDERR_FILENO, done.error().message);
  return holdfast::exit_codes::k_usage;
}
