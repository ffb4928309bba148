/*
 * sandbox.h - give up what a process does not need, for good.
 *
 * Landlock takes the file system away but for what is named, and seccomp the system calls but for
 * those on a list: no program can be started, no other process be touched, nothing be mounted or
 * loaded.  Core dumps and debuggers are refused as well, since memory holds keys.  What the kernel
 * does not have is left out, or with `require` refuses to start.
 */

#ifndef BASE_SANDBOX_H
#define BASE_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"

enum sandbox_mode { SANDBOX_NO, SANDBOX_AUTO, SANDBOX_REQUIRE };

enum sandbox_right {
	SANDBOX_READ,		/* a file, or a folder and all below it */
	SANDBOX_WRITE,		/* the same, and make, change, remove */
	SANDBOX_SOCKET,		/* a folder: make and remove sockets in it, lock it */
};

struct sandbox_rule {
	const char *path;	/* one that is not there is left out */
	enum sandbox_right right;
};

/*
 * "no", "auto" or "require" as a mode; false: none of them.
 */
bool sandbox_parse(const char *word, enum sandbox_mode *mode);

/*
 * No core dump of this process, not even by way of a program that core_pattern names, and no debugger
 * but root's; what it starts is as before.  A part of the sandbox, and all of it for a command that has
 * a token or a password.
 */
void sandbox_hide(void);

/*
 * Enter it, with the rules and what the C library reads to resolve names, check certificates and tell
 * the time.  Before any thread is started: those that are there stay outside.  0 and in `what` what is
 * in force, or -1 and the reason.
 */
int sandbox_enter(enum sandbox_mode mode, const struct sandbox_rule *rules, size_t n, char *what,
    size_t nwhat, struct err *err);

/*
 * The half of it in sandbox_seccomp.c: 0; 1 when the kernel has no seccomp; -1 and the reason.
 */
int sandbox_filter(struct err *err);

#endif
