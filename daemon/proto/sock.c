/*
 * sock.c - the rules for the socket's place, shared by who binds it and who connects to it.
 *
 * A folder under TMPDIR can be made by anybody first, so its owner and mode are checked before it
 * is trusted, as tmux does.
 */

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "sock.h"

static int
check_folder(const char *folder, bool make, struct err *err)
{
	struct stat st;

	if (make && mkdir(folder, 0700) != 0 && errno != EEXIST)
		return err_sys(err, -1, errno, "cannot make folder %s", folder);
	if (lstat(folder, &st) != 0)
		return make ? err_sys(err, -1, errno, "cannot look at folder %s", folder) : 0;
	if (!S_ISDIR(st.st_mode))
		return err_set(err, -1, "%s is not a folder", folder);
	if (st.st_uid != geteuid() && st.st_uid != 0)
		return err_set(err, -1, "folder %s belongs to somebody else", folder);
	if ((st.st_mode & 022) != 0)
		return err_set(err, -1, "folder %s can be written by others", folder);
	return 0;
}

int
sock_path(const char *given, bool make, char *path, size_t n, struct err *err)
{
	const char *run = getenv("XDG_RUNTIME_DIR");
	const char *tmp = getenv("TMPDIR");
	char folder[PATH_MAX];
	int rc;

	if (given != NULL && given[0] != '\0') {
		rc = snprintf(path, n, "%s", given);
	} else {
		if (run != NULL && run[0] == '/')
			snprintf(folder, sizeof(folder), "%s/coolvec", run);
		else if (geteuid() == 0)
			snprintf(folder, sizeof(folder), "/run/coolvec");
		else
			snprintf(folder, sizeof(folder), "%s/coolvec-%u",
			    tmp != NULL && tmp[0] == '/' ? tmp : "/tmp", (unsigned)geteuid());
		if (check_folder(folder, make, err) != 0)
			return -1;
		rc = snprintf(path, n, "%s/coolvecd.sock", folder);
	}
	if (rc < 0 || (size_t)rc >= n || (size_t)rc >= sizeof(((struct sockaddr_un *)NULL)->sun_path))
		return err_set(err, -1, "the socket's path is longer than %zu bytes",
		    sizeof(((struct sockaddr_un *)NULL)->sun_path) - 1);
	return 0;
}
