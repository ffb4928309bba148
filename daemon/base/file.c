/*
 * file.c - files read and replaced whole.
 */

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "buf.h"
#include "file.h"

int
file_read(const char *path, size_t max, char **out, size_t *n, struct err *err)
{
	struct buf b = { .max = max };
	ssize_t got;
	char *to;
	int fd, rc = -1;

	*out = NULL;
	*n = 0;
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) < 0)
		return errno == ENOENT ? 1 : err_sys(err, -1, errno, "cannot open %s", path);
	for (;;) {
		char chunk[16384];

		if ((got = read(fd, chunk, sizeof(chunk))) < 0) {
			if (errno == EINTR)
				continue;
			err_sys(err, -1, errno, "cannot read %s", path);
			goto out;
		}
		if (got == 0)
			break;
		buf_put(&b, chunk, (size_t)got);
		file_forget(chunk, (size_t)got);
		if (b.failed) {
			err_set(err, -1, "%s is larger than %zu bytes", path, max);
			goto out;
		}
	}
	if ((to = buf_room(&b, 0)) == NULL) {
		err_set(err, -1, "no memory for %s", path);
		goto out;
	}
	*to = '\0';
	*out = buf_take(&b, n);
	rc = 0;
out:
	close(fd);
	buf_fini(&b);
	return rc;
}

static int
write_all(int fd, const char *p, size_t n)
{
	while (n > 0) {
		ssize_t put = write(fd, p, n);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -1;
		p += put;
		n -= (size_t)put;
	}
	return 0;
}

int
file_write(const char *path, mode_t mode, const void *p, size_t n, struct err *err)
{
	char temporary[PATH_MAX], folder[PATH_MAX];
	char *slash;
	int fd = -1, rc = -1;

	if (snprintf(temporary, sizeof(temporary), "%s.XXXXXX", path) >= (int)sizeof(temporary))
		return err_set(err, -1, "the path is too long: %.100s...", path);
	if ((fd = mkostemp(temporary, O_CLOEXEC)) < 0)
		return err_sys(err, -1, errno, "cannot make %s", temporary);
	if (fchmod(fd, mode) != 0 || write_all(fd, p, n) != 0 || fsync(fd) != 0) {
		err_sys(err, -1, errno, "cannot write %s", temporary);
		goto out;
	}
	if (rename(temporary, path) != 0) {
		err_sys(err, -1, errno, "cannot rename %s to %s", temporary, path);
		goto out;
	}
	temporary[0] = '\0';
	snprintf(folder, sizeof(folder), "%s", path);
	if ((slash = strrchr(folder, '/')) == NULL)
		snprintf(folder, sizeof(folder), ".");
	else
		slash[slash == folder] = '\0';
	rc = file_sync_folder(folder, err);
out:
	close(fd);
	if (temporary[0] != '\0')
		unlink(temporary);
	return rc;
}

/*
 * Sync the folder that `part` is in, up to its last slash.  A folder that was there may be of a process
 * that was killed before it came to this, so it is done for that too, where it is allowed.
 */
static int
sync_above(const char *part, bool made, struct err *err)
{
	char above[PATH_MAX];
	const char *slash = strrchr(part, '/');

	if (slash == NULL)
		snprintf(above, sizeof(above), ".");
	else
		snprintf(above, sizeof(above), "%.*s", slash == part ? 1 : (int)(slash - part), part);
	return made || access(above, R_OK) == 0 ? file_sync_folder(above, err) : 0;
}

int
file_mkdirs(const char *path, mode_t mode, struct err *err)
{
	char part[PATH_MAX];
	struct stat st;
	size_t n = strlen(path);

	while (n > 1 && path[n - 1] == '/')
		n--;
	if (n == 0 || n >= sizeof(part))
		return err_set(err, -1, "a folder's path of %zu bytes cannot be", n);
	snprintf(part, sizeof(part), "%.*s", (int)n, path);
	for (char *s = part + 1;; s++) {
		char end = *s;
		bool made;

		if (end != '/' && end != '\0')
			continue;
		*s = '\0';
		made = mkdir(part, mode) == 0;
		if (!made && errno != EEXIST)
			return err_sys(err, -1, errno, "cannot make folder %s", part);
		if ((made || end == '\0') && sync_above(part, made, err) != 0)
			return -1;
		if (end == '\0')
			break;
		*s = end;
	}
	if (stat(path, &st) != 0)
		return err_sys(err, -1, errno, "cannot look at %s", path);
	if (!S_ISDIR(st.st_mode))
		return err_set(err, -1, "%s is not a folder", path);
	return 0;
}

int
file_sync_folder(const char *path, struct err *err)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = 0;

	if (fd < 0)
		return err_sys(err, -1, errno, "cannot open folder %s", path);
	if (fsync(fd) != 0)
		rc = err_sys(err, -1, errno, "cannot sync folder %s", path);
	close(fd);
	return rc;
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st;
	(void)type;
	(void)where;
	return remove(path);
}

int
file_remove_tree(const char *path, struct err *err)
{
	if (nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT) != 0 && errno != ENOENT)
		return err_sys(err, -1, errno, "cannot remove %s", path);
	return 0;
}

void
file_random(void *p, size_t n)
{
	char *to = p;

	while (n > 0) {
		ssize_t got = getrandom(to, n, 0);

		if (got < 0 && errno != EINTR)
			abort();	/* a kernel without random numbers cannot keep a secret */
		if (got > 0) {
			to += got;
			n -= (size_t)got;
		}
	}
}

void
file_forget(void *p, size_t n)
{
	explicit_bzero(p, n);
}
