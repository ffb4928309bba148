/*
 * restore.c - from a snapshot back to a data folder.
 *
 * The copy is made as DATA.partial beside it and renamed at the end.  Somebody else who does the same
 * at that moment fails at its mkdir.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "copy.h"
#include "file.h"
#include "manifest.h"
#include "restore.h"

/* 0 when `data` is missing or an empty folder. */
static int
check_free(const char *data, struct err *err)
{
	DIR *dir = opendir(data);
	struct dirent *e;
	int rc = 0;

	if (dir == NULL && errno == ENOENT)
		return 0;
	if (dir == NULL)
		return err_sys(err, -1, errno, "cannot open folder %s", data);
	while (rc == 0 && (e = readdir(dir)) != NULL)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			rc = err_set(err, -1, "%s is not empty: a snapshot is restored into a folder"
			    " that is missing or empty", data);
	closedir(dir);
	return rc;
}

static int
check_whole(const struct manifest *m, const char *from, struct err *err)
{
	bool has_meta = false;

	for (size_t i = 0; i < m->n; i++)
		has_meta = has_meta || strcmp(m->files[i].name, "meta.db") == 0;
	if (!has_meta)
		return err_set(err, -1, MANIFEST_NAME " names no meta.db");
	return manifest_check(m, from, err);
}

/* Sync the folder that `path` is in, for its name. */
static int
sync_parent(const char *path, struct err *err)
{
	char *parent = strdup(path), *slash;
	int rc;

	if (parent == NULL)
		return err_set(err, -1, "no memory for a path");
	if ((slash = strrchr(parent, '/')) != NULL)
		slash[slash == parent] = '\0';
	rc = file_sync_folder(slash != NULL ? parent : ".", err);
	free(parent);
	return rc;
}

/* The folder of a collection's file: made with its first one, synced with each. */
static int
make_folder(const char *to, const char *name, struct err *err)
{
	char path[4400];

	snprintf(path, sizeof(path), "%s/%s", to, name);
	*strrchr(path, '/') = '\0';
	return file_mkdirs(path, 0700, err);
}

static int
copy_file(const char *from, const char *to, const struct manifest_file *f, struct err *err)
{
	char path[4400];
	int in, out = -1, rc = -1;

	snprintf(path, sizeof(path), "%s/%s", from, f->name);
	if ((in = open(path, O_RDONLY | O_CLOEXEC)) < 0) {
		err_sys(err, -1, errno, "cannot open %s", f->name);
		goto out;
	}
	if (make_folder(to, f->name, err) != 0)
		goto out;
	snprintf(path, sizeof(path), "%s/%s", to, f->name);
	if ((out = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)) < 0) {
		err_sys(err, -1, errno, "cannot make %s", f->name);
		goto out;
	}
	if (copy_bytes(in, out, f->size, f->name, err) != 0)
		goto out;
	if (fsync(out) != 0) {
		err_sys(err, -1, errno, "cannot sync %s", f->name);
		goto out;
	}
	rc = sync_parent(path, err);
out:
	if (in >= 0)
		close(in);
	if (out >= 0)
		close(out);
	return rc;
}

static int
copy_all(const struct manifest *m, const char *from, const char *partial, const char *data,
    struct err *err)
{
	char collections[4400];
	int rc = 0;

	snprintf(collections, sizeof(collections), "%s/collections", partial);
	if (file_mkdirs(collections, 0700, err) != 0)
		return -1;
	for (size_t i = 0; i < m->n && rc == 0; i++)
		rc = copy_file(from, partial, &m->files[i], err);
	if (rc != 0 || file_sync_folder(collections, err) != 0 || file_sync_folder(partial, err) != 0)
		return -1;
	if (rename(partial, data) != 0)
		return err_sys(err, -1, errno, "cannot rename %s to %s", partial, data);
	return sync_parent(data, err);
}

/* DATA.partial, whatever slashes `data` ends in; the folder above it is made too. */
static int
make_partial(const char *data, char *path, size_t n, char *partial, size_t npartial, struct err *err)
{
	size_t len = strlen(data);
	char *slash;

	while (len > 1 && data[len - 1] == '/')
		len--;
	if (len + sizeof(".partial/collections") + 64 >= n)
		return err_set(err, -1, "the path of the data folder is too long");
	snprintf(path, n, "%.*s", (int)len, data);
	snprintf(partial, npartial, "%s", path);
	if ((slash = strrchr(partial, '/')) != NULL && slash != partial) {
		*slash = '\0';
		if (file_mkdirs(partial, 0700, err) != 0)
			return -1;
	}
	snprintf(partial, npartial, "%s.partial", path);
	if (mkdir(partial, 0700) == 0)
		return 0;
	return errno == EEXIST ? err_set(err, -1, "%s is there: of a restore that was broken off?"
	    " remove it", partial) : err_sys(err, -1, errno, "cannot make %s", partial);
}

int
restore_data(const char *from, const char *data, struct restored *r, struct err *err)
{
	char path[4200], partial[4300];
	struct err ignored;
	struct manifest m;
	int rc = -1;

	if (manifest_read(from, &m, err) != 0)
		return -1;
	*r = (struct restored){ m.created, m.n, manifest_bytes(&m) };
	if (check_free(data, err) != 0 || check_whole(&m, from, err) != 0 ||
	    make_partial(data, path, sizeof(path), partial, sizeof(partial), err) != 0)
		goto out;
	if ((rc = copy_all(&m, from, partial, path, err)) != 0)
		(void)file_remove_tree(partial, &ignored);
out:
	manifest_fini(&m);
	return rc;
}
