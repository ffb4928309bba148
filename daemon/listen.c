/*
 * listen.c - the start race, solved.
 *
 * Two daemons may start at once, and a socket file may be left from one that died.  Who looks at the
 * file, removes it and binds a new one does so under a lock on the folder, so nobody removes a
 * socket that somebody else has just bound.  The mode is set before bind, on the descriptor: there
 * is no moment at which others could connect.
 */

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "listen.h"
#include "num.h"

#define PASSED_FD 3		/* where sd_listen_fds(3) begins */
#define BACKLOG 512

static int
take_passed(void)
{
	const char *pid = getenv("LISTEN_PID"), *fds = getenv("LISTEN_FDS");
	uint64_t n;

	if (pid == NULL || fds == NULL || !num_parse(pid, 1, INT32_MAX, &n) ||
	    n != (uint64_t)getpid() || !num_parse(fds, 1, 64, &n))
		return -1;
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	fcntl(PASSED_FD, F_SETFD, FD_CLOEXEC);
	return PASSED_FD;
}

/* Lock the folder of `path`; closing the descriptor unlocks. */
static int
lock_folder(const char *path, struct err *err)
{
	const char *slash = strrchr(path, '/');
	char folder[4096];
	int fd;

	if (slash == NULL)
		snprintf(folder, sizeof(folder), ".");
	else
		snprintf(folder, sizeof(folder), "%.*s", (int)(slash == path ? 1 : slash - path), path);
	if ((fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
		return err_sys(err, -1, errno, "cannot open %s, the socket's folder", folder);
	if (flock(fd, LOCK_EX) != 0) {
		err_sys(err, -1, errno, "cannot lock %s", folder);
		close(fd);
		return -1;
	}
	return fd;
}

/*
 * Remove a socket that nobody answers on.  One whose daemon hangs with a full backlog says EAGAIN;
 * waiting for it would keep the folder locked.
 */
static int
clear_path(const struct sockaddr_un *to, struct err *err)
{
	struct stat st;
	int fd, rc = 0;

	if (lstat(to->sun_path, &st) != 0)
		return errno == ENOENT ? 0 : err_sys(err, -1, errno, "cannot look at %s", to->sun_path);
	if (!S_ISSOCK(st.st_mode))
		return err_set(err, -1, "%s is there and is no socket", to->sun_path);
	if ((fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) < 0)
		return err_sys(err, -1, errno, "cannot make a socket");
	if (connect(fd, (const struct sockaddr *)(const void *)to, sizeof(*to)) == 0 ||
	    errno == EAGAIN)
		rc = err_set(err, -1, "another daemon serves on %s", to->sun_path);
	else if (errno != ECONNREFUSED)
		rc = err_sys(err, -1, errno, "cannot tell whether anybody serves on %s", to->sun_path);
	else if (unlink(to->sun_path) != 0)
		rc = err_sys(err, -1, errno, "cannot remove %s", to->sun_path);
	close(fd);
	return rc;
}

static int
bind_socket(const struct sockaddr_un *to, const char *group, struct err *err)
{
	const struct group *g = NULL;
	int fd;

	if (group != NULL && (g = getgrnam(group)) == NULL)
		return err_set(err, -1, "there is no group %s", group);
	if ((fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) < 0)
		return err_sys(err, -1, errno, "cannot make a socket");
	if (fchmod(fd, g != NULL ? 0660 : 0600) != 0 ||
	    bind(fd, (const struct sockaddr *)(const void *)to, sizeof(*to)) != 0) {
		err_sys(err, -1, errno, "cannot bind %s", to->sun_path);
		goto fail;
	}
	if (chmod(to->sun_path, g != NULL ? 0660 : 0600) != 0 ||	/* the umask took from it */
	    (g != NULL && chown(to->sun_path, (uid_t)-1, g->gr_gid) != 0) || listen(fd, BACKLOG) != 0) {
		err_sys(err, -1, errno, "cannot listen on %s", to->sun_path);
		unlink(to->sun_path);
		goto fail;
	}
	return fd;
fail:
	close(fd);
	return -1;
}

int
listen_open(const char *path, const char *group, bool *passed, struct err *err)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int folder, fd = take_passed();

	*passed = fd >= 0;
	if (fd >= 0)
		return fd;
	if (strlen(path) >= sizeof(to.sun_path))
		return err_set(err, -1, "the socket's path is longer than %zu bytes: %s",
		    sizeof(to.sun_path) - 1, path);
	memcpy(to.sun_path, path, strlen(path));
	if ((folder = lock_folder(path, err)) < 0)
		return -1;
	if (clear_path(&to, err) == 0)
		fd = bind_socket(&to, group, err);
	close(folder);
	return fd;
}

void
listen_notify(const char *state)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	size_t n = path != NULL ? strlen(path) : 0;
	int fd;

	if (n < 2 || n >= sizeof(to.sun_path) || (path[0] != '/' && path[0] != '@'))
		return;
	memcpy(to.sun_path, path, n);
	if (path[0] == '@')
		to.sun_path[0] = '\0';	/* the abstract name space */
	if ((fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) < 0)
		return;
	(void)sendto(fd, state, strlen(state), MSG_NOSIGNAL, (const struct sockaddr *)(const void *)&to,
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n));
	close(fd);
}
