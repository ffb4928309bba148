/*
 * power.h - a file system whose power can be cut: what is not on the disk then never gets there.
 */

#ifndef TEST_FAULT_POWER_H
#define TEST_FAULT_POWER_H

#include <errno.h>
#include <fcntl.h>
#include <linux/types.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>

#include "victim.h"

/* EXT4_IOC_SHUTDOWN and XFS_IOC_GOINGDOWN are one number, and so are their flags. */
#define POWER_SHUTDOWN _IOR('X', 125, __u32)
#define POWER_WITHOUT_LOG_FLUSH 2

/* A mounted block device; device NULL: there is none. */
struct power {
	const char *device, *type, *mount;
};

static bool power_gone;	/* answers from now on came too late to be words given */

/* Cut, leave the daemon a moment in which it could give a word too many, and kill it. */
static void
power_cut(const struct power *p)
{
	int fd = open(p->mount, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	__u32 flags = POWER_WITHOUT_LOG_FLUSH;

	__atomic_store_n(&power_gone, true, __ATOMIC_SEQ_CST);
	if (fd < 0 || ioctl(fd, POWER_SHUTDOWN, &flags) != 0)
		die("the power of %s cannot be cut: %s", p->device, strerror(errno));
	close(fd);
	usleep(3000);
	daemon_kill(false, 0);
}

static void
power_back(const struct power *p)
{
	__atomic_store_n(&power_gone, false, __ATOMIC_SEQ_CST);
	if (umount(p->mount) != 0 || mount(p->device, p->mount, p->type, 0, "") != 0)
		die("%s cannot be mounted again: %s", p->device, strerror(errno));
}

#endif
