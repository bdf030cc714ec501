// A service whose command goes to the background.
#pragma once

namespace holdfast::host {

// `holdfast service-fork FD COMMAND…`: stands for such a service as its main process. Runs the
// command, and writes a byte to `told` when the command has ended with 0. What the command left in
// the background is then this process's to wait for. Ends as the first process of it that comes to
// a bad end, or with 0 when none is left. Returns the exit code.
int be_forking_service(int told, char** command);

}  // namespace holdfast::host
