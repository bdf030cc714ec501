// The main process of a service whose command goes to the background.
#pragma once

namespace holdfast::host {

// `holdfast service-fork FD COMMAND…`. Runs the command, and writes a byte to `told` when the
// command has ended with 0. Waits for the processes that the command leaves in the background, too.
// Ends as the first process that comes to a bad end, or with 0 when none is left. Returns the exit
// code.
int be_forking_service(int told, char** command);

}  // namespace holdfast::host
