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

/// The same with standard output and error at `output_fd`.
int csys_spawn(pid_t *pid, const char *path, char *const argv[], char *const envp[], int stdin_fd, int output_fd);

/// Asks the kernel to send `signal` to this process when its parent ends. Returns 0, else an errno value.
int csys_die_with_parent(int signal);

/// Sets room on the disk aside for `length` bytes of the file from `offset` on, and leaves its size as it is
/// (fallocate(2), FALLOC_FL_KEEP_SIZE). Returns 0, else an errno value.
int csys_reserve(int fd, off_t offset, off_t length);

/// Starts `path` in a session of its own on a new pseudo-terminal of that size, which is its standard input, output and
/// error; the kernel kills it when the calling thread ends. Returns 0 and stores the process id and the terminal's other
/// end, else an errno value.
int csys_spawn_on_terminal(pid_t *pid, int *terminal, const char *path, char *const argv[], char *const envp[],
                           unsigned short rows, unsigned short columns);

/// Gives a pseudo-terminal another size, as a window does. Returns 0, else an errno value.
int csys_resize_terminal(int terminal, unsigned short rows, unsigned short columns);

#endif
