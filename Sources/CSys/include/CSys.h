/// What Glibc's Swift module hides because it is compiled without _GNU_SOURCE.
#ifndef CSYS_H
#define CSYS_H

#include <sys/types.h>

/// Starts `path` with `argv` in a session of its own, detached from the caller's terminal: standard input is
/// `stdin_fd`, standard output and error are appended to `log_path`, no other descriptor is inherited, no signal is
/// blocked or ignored.
/// Returns 0 and stores the process id in `pid`, else an errno value.
int csys_spawn_detached(pid_t *pid, const char *path, char *const argv[], char *const envp[], int stdin_fd,
                        const char *log_path);

/// Asks the kernel to send `signal` to this process when its parent ends. Returns 0, else an errno value.
int csys_die_with_parent(int signal);

#endif
