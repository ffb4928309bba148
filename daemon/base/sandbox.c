/*
 * sandbox.c - Landlock, and the rest of what a process gives up.
 *
 * Debian 12's C library has no wrapper for Landlock and its headers end at the second version of the
 * interface, so the calls are made by number and the later rights are named here.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sandbox.h"

/* Rights by the version of the interface that brought them; 1 is Linux 5.13. */
#define RIGHTS_1 ((uint64_t)(LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1)
#define RIGHT_REFER ((uint64_t)1 << 13)		/* 2: rename across folders */
#define RIGHT_TRUNCATE ((uint64_t)1 << 14)	/* 3 */
#define RIGHT_IOCTL_DEV ((uint64_t)1 << 15)	/* 5 */

#define READ_RIGHTS (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define SOCKET_RIGHTS (LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_MAKE_SOCK | \
		       LANDLOCK_ACCESS_FS_REMOVE_FILE)
#define WRITE_RIGHTS (READ_RIGHTS | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR | \
		      LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR | \
		      LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK | RIGHT_REFER | \
		      RIGHT_TRUNCATE)
/* Of those, what a rule about a file that is no folder may name. */
#define FILE_RIGHTS (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | RIGHT_TRUNCATE)

/* What the C library, OpenSSL and libpq read of the system. */
static const struct sandbox_rule system_rules[] = {
	{ "/usr/lib", SANDBOX_READ }, { "/usr/lib64", SANDBOX_READ }, { "/lib", SANDBOX_READ },
	{ "/lib64", SANDBOX_READ }, { "/usr/local/lib", SANDBOX_READ },
	{ "/usr/share/zoneinfo", SANDBOX_READ }, { "/usr/share/ca-certificates", SANDBOX_READ },
	{ "/usr/local/share/ca-certificates", SANDBOX_READ }, { "/etc/ssl", SANDBOX_READ },
	{ "/etc/ca-certificates", SANDBOX_READ }, { "/etc/pki", SANDBOX_READ },
	{ "/etc/ld.so.cache", SANDBOX_READ }, { "/etc/localtime", SANDBOX_READ },
	{ "/etc/hosts", SANDBOX_READ }, { "/etc/host.conf", SANDBOX_READ },
	{ "/etc/resolv.conf", SANDBOX_READ }, { "/run/systemd/resolve", SANDBOX_READ },
	{ "/etc/nsswitch.conf", SANDBOX_READ }, { "/etc/gai.conf", SANDBOX_READ },
	{ "/etc/services", SANDBOX_READ }, { "/etc/protocols", SANDBOX_READ },
	{ "/etc/passwd", SANDBOX_READ }, { "/etc/group", SANDBOX_READ },
	{ "/dev/null", SANDBOX_WRITE }, { "/dev/urandom", SANDBOX_READ },
	{ "/sys/devices/system/cpu", SANDBOX_READ }, { "/proc/self", SANDBOX_READ },
	{ "/proc/meminfo", SANDBOX_READ },
};

bool
sandbox_parse(const char *word, enum sandbox_mode *mode)
{
	static const char *const words[] = { "no", "auto", "require" };

	for (int i = SANDBOX_NO; i <= SANDBOX_REQUIRE; i++)
		if (strcmp(word, words[i]) == 0) {
			*mode = (enum sandbox_mode)i;
			return true;
		}
	return false;
}

/* The version of the kernel's Landlock; 0: it has none, or it is off. */
static int
landlock_version(void)
{
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

	return version > 0 ? (int)version : 0;
}

static uint64_t
handled_rights(int version)
{
	return RIGHTS_1 | (version >= 2 ? RIGHT_REFER : 0) | (version >= 3 ? RIGHT_TRUNCATE : 0) |
	    (version >= 5 ? RIGHT_IOCTL_DEV : 0);
}

static int
add_rule(int ruleset, uint64_t handled, const struct sandbox_rule *rule, struct err *err)
{
	struct landlock_path_beneath_attr beneath = { .allowed_access = 0 };
	struct stat st;
	int rc = 0;

	if ((beneath.parent_fd = open(rule->path, O_PATH | O_CLOEXEC)) < 0)
		return errno == ENOENT || errno == ENOTDIR || errno == EACCES ? 0 :
		    err_sys(err, -1, errno, "cannot look at %s", rule->path);
	beneath.allowed_access = handled & (rule->right == SANDBOX_WRITE ? WRITE_RIGHTS :
	    rule->right == SANDBOX_SOCKET ? SOCKET_RIGHTS : READ_RIGHTS);
	if (fstat(beneath.parent_fd, &st) == 0 && !S_ISDIR(st.st_mode))
		beneath.allowed_access &= FILE_RIGHTS;
	if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0) != 0)
		rc = err_sys(err, -1, errno, "the sandbox cannot leave %s open", rule->path);
	close(beneath.parent_fd);
	return rc;
}

static int
add_rules(int ruleset, uint64_t handled, const struct sandbox_rule *rules, size_t n, struct err *err)
{
	for (size_t i = 0; i < n; i++)
		if (add_rule(ruleset, handled, &rules[i], err) != 0)
			return -1;
	return 0;
}

static int
enter_landlock(int version, const struct sandbox_rule *rules, size_t n, struct err *err)
{
	struct landlock_ruleset_attr attr = { .handled_access_fs = handled_rights(version) };
	int rc = -1, fd;

	fd = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
	if (fd < 0)
		return err_sys(err, -1, errno, "cannot make the sandbox's rules");
	if (add_rules(fd, attr.handled_access_fs, system_rules,
		sizeof(system_rules) / sizeof(system_rules[0]), err) == 0 &&
	    add_rules(fd, attr.handled_access_fs, rules, n, err) == 0) {
		rc = (int)syscall(SYS_landlock_restrict_self, fd, 0);
		if (rc != 0)
			err_sys(err, -1, errno, "cannot enter the sandbox");
	}
	close(fd);
	return rc;
}

void
sandbox_hide(void)
{
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

static void
refuse_dumps(void)
{
	const struct rlimit none = { 0, 0 };

	(void)setrlimit(RLIMIT_CORE, &none);
	sandbox_hide();
}

int
sandbox_enter(enum sandbox_mode mode, const struct sandbox_rule *rules, size_t n, char *what,
    size_t nwhat, struct err *err)
{
	int version, seccomp;

	snprintf(what, nwhat, "no sandbox");
	if (mode == SANDBOX_NO)
		return 0;
	refuse_dumps();
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return err_sys(err, -1, errno, "cannot give up new privileges");
	version = landlock_version();
	if (version == 0 && mode == SANDBOX_REQUIRE)
		return err_set(err, -1, "the kernel has no Landlock, and the sandbox is required");
	if (version > 0 && enter_landlock(version, rules, n, err) != 0)
		return -1;
	if ((seccomp = sandbox_filter(err)) < 0)
		return -1;
	if (seccomp != 0 && mode == SANDBOX_REQUIRE)
		return err_set(err, -1, "the kernel has no seccomp, and the sandbox is required");
	snprintf(what, nwhat, "%s Landlock, %s seccomp", version > 0 ? "with" : "without",
	    seccomp == 0 ? "with" : "without");
	return 0;
}
