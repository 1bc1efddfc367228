#define _GNU_SOURCE
#include "CFlowProcess.h"
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <unistd.h>

static int prepare_files(posix_spawn_file_actions_t *files, const char *cwd, int out, int err) {
  int failure;
  if ((failure = posix_spawn_file_actions_addopen(files, 0, "/dev/null", O_RDONLY, 0))) return failure;
  if ((failure = posix_spawn_file_actions_adddup2(files, out, 1))) return failure;
  if ((failure = posix_spawn_file_actions_adddup2(files, err, 2))) return failure;
  if ((failure = posix_spawn_file_actions_addclosefrom_np(files, 3))) return failure;
  return posix_spawn_file_actions_addchdir_np(files, cwd);
}

int flow_spawn(char *const argv[], char *const envp[], const char *cwd, int out, int err, pid_t *pid) {
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
  sigset_t none, all;
  int failure = posix_spawn_file_actions_init(&files);
  if (failure) return failure;
  if ((failure = posix_spawnattr_init(&attributes))) {
    posix_spawn_file_actions_destroy(&files);
    return failure;
  }
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  failure = prepare_files(&files, cwd, out, err);
  if (!failure) failure = posix_spawnp(pid, argv[0], &files, &attributes, argv, envp);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  return failure;
}

int flow_pidfd_open(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }
