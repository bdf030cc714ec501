"""usage: without_call.py ERRNO CALL[,CALL...] COMMAND...: runs COMMAND with these system calls
failing with ERRNO.

`newer` is every call that Linux 5.3 does not have. This is as in a container whose seccomp filter does not know the calls (EPERM), or on an old kernel
(ENOSYS). The calls are named as in NUMBERS below."""

import ctypes
import errno
import os
import struct
import sys

# The same on every architecture, but for those of the second line: x86_64 has numbers of its own.
NUMBERS = {"pidfd_send_signal": 424, "pidfd_open": 434, "clone3": 435, "close_range": 436, "openat2": 437,
           "pidfd_getfd": 438, "faccessat2": 439, "epoll_pwait2": 441}
NUMBERS |= ({"mount": 165, "ioctl": 16, "flock": 73} if os.uname().machine == "x86_64" else
            {"mount": 40, "ioctl": 29, "flock": 32})
PR_SET_SECCOMP, SECCOMP_MODE_FILTER, PR_SET_NO_NEW_PRIVS = 22, 2, 38
ALLOW, ERRNO = 0x7FFF0000, 0x00050000
LOAD, JUMP_IF_EQUAL, JUMP_IF_AT_LEAST, RETURN = 0x20, 0x15, 0x35, 0x06
# From close_range on; x32 has its numbers far above.
NEWER = range(436, 0x40000000)


def refuse(numbers, error, newer=False):
    filters = [(LOAD, 0, 0, 0)]
    for number in numbers:
        filters += [(JUMP_IF_EQUAL, 0, 1, number), (RETURN, 0, 0, ERRNO | error)]
    if newer:
        filters += [(JUMP_IF_AT_LEAST, 0, 2, NEWER.start), (JUMP_IF_AT_LEAST, 1, 0, NEWER.stop), (RETURN, 0, 0, ERRNO | error)]
    filters.append((RETURN, 0, 0, ALLOW))
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *one) for one in filters))
    program = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(filters), ctypes.addressof(code)))
    libc = ctypes.CDLL(None, use_errno=True)
    for words in ((PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0),
                  (PR_SET_SECCOMP, SECCOMP_MODE_FILTER, program, 0, 0)):
        if libc.prctl(*words) != 0:
            raise OSError(ctypes.get_errno(), "prctl")


if __name__ == "__main__":
    calls = sys.argv[2].split(",")
    refuse([NUMBERS[call] for call in calls if call != "newer"], getattr(errno, sys.argv[1]), "newer" in calls)
    os.execvp(sys.argv[3], sys.argv[3:])
