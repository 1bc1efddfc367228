#pragma once
/* Starting and watching processes: the parts of spawn.h and sys/pidfd.h that are GNU's own and so not in Swift's Glibc. */
#include <sys/types.h>

/* Starts argv[0] (looked up in PATH when it has no slash) in a session of its own, with cwd as working directory, stdin
   closed, stdout and stderr to the given descriptors, every other descriptor closed and all signals at their defaults.
   Gives 0, or the error number. */
int flow_spawn(char *const argv[], char *const envp[], const char *cwd, int out, int err, pid_t *pid);

/* A descriptor that becomes readable when the process ends, child or not; -1 with errno. Closed on exec. */
int flow_pidfd_open(pid_t pid);
