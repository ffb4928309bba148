/*
 * confined.c - enters the sandbox as coolvecd does and tries what must not work, and what must.
 *
 * usage: confined DIR		DIR may be written to, and is made
 *
 * A line each: "refused" or "not refused", "works" or "broken", and what.  Exit status: 0 all is as
 * it should be; 1 something is not, or there is no sandbox.
 */

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox.h"

static int wrong;

static void
refused(const char *what, long rc)
{
	int no = errno;
	bool is = rc < 0 && (no == EPERM || no == EACCES || no == ENOSYS);

	printf("%s: %s (%s)\n", is ? "refused" : "not refused", what, strerror(no));
	wrong += !is;
}

static void
works(const char *what, bool good)
{
	printf("%s: %s\n", good ? "works" : "broken", what);
	wrong += !good;
}

static void *
thread(void *arg)
{
	*(int *)arg = 1;
	return NULL;
}

/* By number, past the C library, as an intruder's code would. */
static void
try_processes(void)
{
	char program[] = "true";
	char *const args[] = { program, NULL }, *const none[] = { NULL };

	refused("execve", syscall(SYS_execve, "/bin/true", args, none));
	refused("execveat", syscall(SYS_execveat, AT_FDCWD, "/bin/true", args, none, 0));
	refused("fork", syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, 0));
	refused("clone3", syscall(SYS_clone3, NULL, 0));
	refused("a new user namespace", syscall(SYS_unshare, CLONE_NEWUSER));
	refused("ptrace", syscall(SYS_ptrace, PTRACE_TRACEME, 0, NULL, NULL));
	refused("process_vm_readv", syscall(SYS_process_vm_readv, getppid(), NULL, 0, NULL, 0, 0));
	refused("a signal to another process", syscall(SYS_kill, getppid(), 0));
	refused("setuid", syscall(SYS_setuid, 1));
	refused("mount", syscall(SYS_mount, "none", "/mnt", "tmpfs", 0, NULL));
	refused("bpf", syscall(SYS_bpf, 0, NULL, 0));
	refused("io_uring", syscall(SYS_io_uring_setup, 1, NULL));
	refused("perf", syscall(SYS_perf_event_open, NULL, 0, -1, -1, 0));
	refused("keyctl", syscall(SYS_keyctl, 0, 0, 0, 0, 0));
	refused("being dumpable again", prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));
	refused("memory to write and run", mmap(NULL, 4096, PROT_WRITE | PROT_EXEC,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? -1 : 0);
}

static void
try_files(const char *dir)
{
	char link[4096], path[4096];

	snprintf(link, sizeof(link), "%s/link", dir);
	snprintf(path, sizeof(path), "%s/../outside", dir);
	refused("reading /etc/shadow", open("/etc/shadow", O_RDONLY));
	refused("reading a program", open("/bin/sh", O_RDONLY));
	refused("listing /", open("/", O_RDONLY | O_DIRECTORY));
	refused("listing /proc/1", open("/proc/1/environ", O_RDONLY));
	refused("writing /etc/hosts", open("/etc/hosts", O_WRONLY));
	refused("a file beside the folder", open(path, O_WRONLY | O_CREAT, 0600));
	refused("a folder in /tmp", mkdir("/tmp/coolvec-confined", 0700));
	refused("removing a file of others", unlink("/etc/hosts"));
	refused("a link out of the folder", open(link, O_RDONLY));
	refused("making a link", symlink("/etc/shadow", path));
	refused("a device", mknod(path, S_IFCHR | 0600, 0x101));
	refused("a raw socket", socket(AF_PACKET, SOCK_RAW, 0));
	refused("a kernel crypto socket", socket(AF_ALG, SOCK_SEQPACKET, 0));
}

static void
try_needed(const char *dir)
{
	struct addrinfo *found = NULL;
	char path[4096], other[4096];
	struct stat st;
	pthread_t t;
	int ran = 0, fd;

	snprintf(path, sizeof(path), "%s/file", dir);
	snprintf(other, sizeof(other), "%s/other", dir);
	works("a file in the folder", (fd = open(path, O_RDWR | O_CREAT, 0600)) >= 0 &&
	    write(fd, "x", 1) == 1 && ftruncate(fd, 0) == 0 && fdatasync(fd) == 0 && close(fd) == 0);
	works("renaming it", rename(path, other) == 0);
	works("removing it", unlink(other) == 0 && stat(other, &st) != 0);
	works("a folder in it", mkdir(path, 0700) == 0 && rmdir(path) == 0);
	works("a thread", pthread_create(&t, NULL, thread, &ran) == 0 && pthread_join(t, NULL) == 0 &&
	    ran == 1);
	works("a TCP socket", (fd = socket(AF_INET, SOCK_STREAM, 0)) >= 0 && close(fd) == 0);
	works("localhost's address", getaddrinfo("localhost", "80", NULL, &found) == 0);
	works("reading the certificates' folder", (fd = open("/etc/ssl", O_RDONLY | O_DIRECTORY)) >= 0 &&
	    close(fd) == 0);
	works("a signal to oneself", kill(getpid(), 0) == 0);
	if (found != NULL)
		freeaddrinfo(found);
}

int
main(int argc, char **argv)
{
	struct sandbox_rule rule = { argc == 2 ? argv[1] : "", SANDBOX_WRITE };
	char what[64], link[4096];
	struct err err;

	if (argc != 2 || (mkdir(argv[1], 0700) != 0 && errno != EEXIST))
		return 1;
	snprintf(link, sizeof(link), "%s/link", argv[1]);
	if (symlink("/etc/shadow", link) != 0 ||
	    sandbox_enter(SANDBOX_REQUIRE, &rule, 1, what, sizeof(what), &err) != 0) {
		printf("%s\n", err.text);
		return 1;
	}
	try_processes();
	try_files(argv[1]);
	try_needed(argv[1]);
	return wrong == 0 ? 0 : 1;
}
