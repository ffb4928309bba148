/*
 * sandbox_seccomp.c - the list of system calls.
 *
 * A classic BPF program that the kernel runs before each call: what is on the list passes, a few calls
 * pass with certain arguments only, and the rest fails with EPERM.  clone3 fails with ENOSYS instead:
 * its flags lie in memory, where no filter can look, and the C library falls back to clone, where
 * flags that make no thread are refused.  Numbers of another architecture end the process.
 *
 * The list is what coolvecd and coolvec-http use by way of the C library, libuv, SQLite, libpq, libcurl
 * and libmicrohttpd; what an architecture does not have is left out by its own headers.
 */

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/fs.h>
#include <linux/seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox.h"

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#endif

#ifdef ARCH

static const int allowed[] = {
	/* files */
	SYS_openat, SYS_close, SYS_read, SYS_write, SYS_readv, SYS_writev, SYS_pread64, SYS_pwrite64,
	SYS_preadv, SYS_pwritev, SYS_preadv2, SYS_pwritev2, SYS_lseek, SYS_fstat, SYS_newfstatat,
	SYS_statx, SYS_statfs, SYS_fstatfs, SYS_faccessat, SYS_faccessat2, SYS_readlinkat,
	SYS_getdents64, SYS_getcwd, SYS_fcntl, SYS_flock, SYS_fsync, SYS_fdatasync, SYS_sync_file_range,
	SYS_syncfs, SYS_ftruncate, SYS_fallocate, SYS_fadvise64, SYS_readahead, SYS_renameat2,
	SYS_unlinkat, SYS_mkdirat, SYS_linkat, SYS_fchmod, SYS_fchmodat, SYS_fchown, SYS_fchownat,
	SYS_utimensat, SYS_umask, SYS_copy_file_range, SYS_sendfile, SYS_dup, SYS_dup3, SYS_pipe2,
#ifdef SYS_open
	SYS_open, SYS_stat, SYS_lstat, SYS_access, SYS_readlink, SYS_unlink, SYS_rmdir, SYS_mkdir,
	SYS_rename, SYS_link, SYS_chmod, SYS_chown, SYS_dup2, SYS_pipe, SYS_getdents,
#endif
#ifdef SYS_renameat
	SYS_renameat,
#endif
	/* memory */
	SYS_munmap, SYS_mremap, SYS_brk, SYS_madvise, SYS_msync, SYS_mincore, SYS_mlock, SYS_mlock2,
	SYS_munlock, SYS_membarrier,
	/* sockets */
	SYS_socketpair, SYS_connect, SYS_bind, SYS_listen, SYS_accept4, SYS_accept, SYS_shutdown,
	SYS_sendto, SYS_recvfrom, SYS_sendmsg, SYS_recvmsg, SYS_sendmmsg, SYS_recvmmsg, SYS_getsockname,
	SYS_getpeername, SYS_setsockopt, SYS_getsockopt,
	/* waiting */
	SYS_ppoll, SYS_pselect6, SYS_epoll_create1, SYS_epoll_ctl, SYS_epoll_pwait, SYS_epoll_pwait2,
	SYS_eventfd2, SYS_timerfd_create, SYS_timerfd_settime, SYS_timerfd_gettime, SYS_nanosleep,
	SYS_clock_nanosleep,
#ifdef SYS_poll
	SYS_poll, SYS_select, SYS_epoll_create, SYS_epoll_wait, SYS_eventfd, SYS_pause,
#endif
	/* time, signals, threads */
	SYS_clock_gettime, SYS_clock_getres, SYS_gettimeofday, SYS_rt_sigaction, SYS_rt_sigprocmask,
	SYS_rt_sigreturn, SYS_rt_sigtimedwait, SYS_rt_sigsuspend, SYS_sigaltstack, SYS_futex,
	SYS_set_robust_list, SYS_get_robust_list, SYS_rseq, SYS_set_tid_address, SYS_sched_yield,
	SYS_sched_getaffinity, SYS_sched_setaffinity, SYS_sched_setscheduler, SYS_sched_getscheduler,
	SYS_sched_getparam, SYS_sched_setattr, SYS_setpriority, SYS_getpriority, SYS_restart_syscall,
	/* who we are, and the end */
	SYS_getpid, SYS_gettid, SYS_getppid, SYS_getuid, SYS_geteuid, SYS_getgid, SYS_getegid,
	SYS_getgroups, SYS_getresuid, SYS_getresgid, SYS_uname, SYS_sysinfo, SYS_times, SYS_getrusage,
	SYS_getrandom, SYS_exit, SYS_exit_group,
#ifdef SYS_time
	SYS_time, SYS_getrlimit, SYS_arch_prctl,
#endif
};

#define NALLOWED (sizeof(allowed) / sizeof(allowed[0]))
#define LIMITED_MAX 128		/* instructions of the calls with conditions */

struct program {
	struct sock_filter code[NALLOWED * 2 + LIMITED_MAX];
	unsigned short n;
};

static void
emit(struct program *p, unsigned code, uint32_t k, unsigned then, unsigned otherwise)
{
	p->code[p->n++] = (struct sock_filter){ (uint16_t)code, (uint8_t)then, (uint8_t)otherwise, k };
}

static void
answer(struct program *p, uint32_t what)
{
	emit(p, BPF_RET | BPF_K, what, 0, 0);
}

#define DENIED (SECCOMP_RET_ERRNO | EPERM)

/* The low half of an argument, which is where all of these have what is asked for (little-endian). */
static void
load_arg(struct program *p, unsigned i)
{
	emit(p, BPF_LD | BPF_W | BPF_ABS,
	    (uint32_t)(offsetof(struct seccomp_data, args) + 8 * i), 0, 0);
}

/* `nr` passes when its argument is one of `values`, and fails else. */
static void
one_of(struct program *p, int nr, unsigned arg, const uint32_t *values, unsigned n)
{
	emit(p, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)nr, 0, 2 * n + 2);
	load_arg(p, arg);
	for (unsigned i = 0; i < n; i++) {
		emit(p, BPF_JMP | BPF_JEQ | BPF_K, values[i], 0, 1);
		answer(p, SECCOMP_RET_ALLOW);
	}
	answer(p, DENIED);
}

/* `nr` passes when of `mask` its argument has exactly the bits `want`, or with `never` any others. */
static void
masked(struct program *p, int nr, unsigned arg, uint32_t mask, uint32_t want, bool never)
{
	emit(p, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)nr, 0, 5);
	load_arg(p, arg);
	emit(p, BPF_ALU | BPF_AND | BPF_K, mask, 0, 0);
	emit(p, BPF_JMP | BPF_JEQ | BPF_K, want, never, !never);
	answer(p, SECCOMP_RET_ALLOW);
	answer(p, DENIED);
}

/* The calls that depend on what they are asked. */
static void
limited(struct program *p)
{
	static const uint32_t families[] = { AF_UNIX, AF_INET, AF_INET6, AF_NETLINK };
	static const uint32_t controls[] = { FIONBIO, FIOCLEX, FIONCLEX, FIONREAD, FICLONE, 0x5401,
		0x5413 };		/* TCGETS and TIOCGWINSZ: is it a terminal? */
	static const uint32_t processes[] = { PR_SET_NAME, PR_GET_NAME, PR_GET_DUMPABLE, 0x53564d41 };
	uint32_t self[] = { (uint32_t)getpid() };

	one_of(p, SYS_socket, 0, families, 4);
	one_of(p, SYS_ioctl, 1, controls, 7);
	one_of(p, SYS_prctl, 0, processes, 4);		/* the last one names memory: PR_SET_VMA */
	one_of(p, SYS_tgkill, 0, self, 1);
	one_of(p, SYS_kill, 0, self, 1);
	one_of(p, SYS_prlimit64, 0, (uint32_t[]){ 0, self[0] }, 2);
	masked(p, SYS_clone, 0, CLONE_THREAD | CLONE_VM, CLONE_THREAD | CLONE_VM, false);
	masked(p, SYS_mprotect, 2, PROT_EXEC, PROT_EXEC, true);
	masked(p, SYS_mmap, 2, PROT_EXEC | PROT_WRITE, PROT_EXEC | PROT_WRITE, true);
	emit(p, BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 0, 1);
	answer(p, SECCOMP_RET_ERRNO | ENOSYS);
}

int
sandbox_filter(struct err *err)
{
	static struct program p;
	struct sock_fprog whole = { .filter = p.code };

	p.n = 0;
	emit(&p, BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch), 0, 0);
	emit(&p, BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0);
	answer(&p, SECCOMP_RET_KILL_PROCESS);
	emit(&p, BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr), 0, 0);
	emit(&p, BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1);		/* x32 has numbers of its own */
	answer(&p, SECCOMP_RET_KILL_PROCESS);
	for (size_t i = 0; i < NALLOWED; i++) {
		emit(&p, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)allowed[i], 0, 1);
		answer(&p, SECCOMP_RET_ALLOW);
	}
	limited(&p);
	answer(&p, DENIED);
	whole.len = p.n;
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &whole, 0, 0) == 0)
		return 0;
	if (errno == EINVAL || errno == ENOSYS)
		return 1;
	return err_sys(err, -1, errno, "cannot limit the system calls");
}

#else

int
sandbox_filter(struct err *err)
{
	(void)err;
	return 1;
}

#endif
