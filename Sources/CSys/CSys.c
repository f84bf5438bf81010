#define _GNU_SOURCE
#include "CSys.h"

#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <unistd.h>

/// `log_path` where it is given, else `output_fd`.
static int spawn(pid_t *pid, const char *path, char *const argv[], char *const envp[], int stdin_fd, int output_fd,
                 const char *log_path) {
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    int error;

    sigemptyset(&none);
    sigfillset(&all);
    if ((error = posix_spawn_file_actions_init(&files)) != 0) return error;
    if ((error = posix_spawnattr_init(&attributes)) != 0) {
        posix_spawn_file_actions_destroy(&files);
        return error;
    }
    posix_spawn_file_actions_adddup2(&files, stdin_fd, 0);
    if (log_path) {
        posix_spawn_file_actions_addopen(&files, 1, log_path, O_WRONLY | O_CREAT | O_APPEND, 0600);
    } else {
        posix_spawn_file_actions_adddup2(&files, output_fd, 1);
    }
    posix_spawn_file_actions_adddup2(&files, 1, 2);
    posix_spawn_file_actions_addclosefrom_np(&files, 3);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    error = posix_spawn(pid, path, &files, &attributes, argv, envp);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    return error;
}

int csys_spawn_detached(pid_t *pid, const char *path, char *const argv[], char *const envp[], int stdin_fd,
                        const char *log_path) {
    return spawn(pid, path, argv, envp, stdin_fd, -1, log_path);
}

int csys_spawn(pid_t *pid, const char *path, char *const argv[], char *const envp[], int stdin_fd, int output_fd) {
    return spawn(pid, path, argv, envp, stdin_fd, output_fd, NULL);
}

int csys_die_with_parent(int signal) {
    return prctl(PR_SET_PDEATHSIG, signal) == 0 ? 0 : errno;
}

int csys_reserve(int fd, off_t offset, off_t length) {
    while (fallocate(fd, FALLOC_FL_KEEP_SIZE, offset, length) != 0) {
        if (errno != EINTR) return errno;
    }
    return 0;
}

int csys_spawn_on_terminal(pid_t *pid, int *terminal, const char *path, char *const argv[], char *const envp[],
                           unsigned short rows, unsigned short columns) {
    struct winsize size = {.ws_row = rows, .ws_col = columns};
    sigset_t none;
    int signal_number;

    *pid = forkpty(terminal, NULL, NULL, &size);
    if (*pid < 0) return errno;
    if (*pid > 0) {
        fcntl(*terminal, F_SETFD, FD_CLOEXEC);
        return 0;
    }
    // In the child, where only what is safe in a signal handler may be called.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    for (signal_number = 1; signal_number < NSIG; signal_number++) signal(signal_number, SIG_DFL);
    close_range(3, ~0U, 0);
    execve(path, argv, envp);
    _exit(127);
}

int csys_resize_terminal(int terminal, unsigned short rows, unsigned short columns) {
    struct winsize size = {.ws_row = rows, .ws_col = columns};
    return ioctl(terminal, TIOCSWINSZ, &size) == 0 ? 0 : errno;
}
