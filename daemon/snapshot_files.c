/*
 * snapshot_files.c - vectors.bin and hnsw.index, kept in one moment and copied later.
 *
 * What is copied later may by then be replaced by another generation, or gone with its collection.  The
 * first few files are opened in that moment; there are not descriptors for those of thousands of
 * collections, so the others get a second name in a folder of the data folder (a hard link, which
 * takes some 10 us), and lose it when they have been copied.
 *
 * The copy of vectors.bin ends where the rows of the moment end, and its header says so: that of the
 * original may be past them by the time it is read.
 */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "copy.h"
#include "file.h"
#include "log.h"
#include "snapshot_files.h"
#include "space.h"

/* Where vectors.bin says how many there are and how many there is room for; see coolvec-store(5). */
enum { AT_NVECS = 12, AT_CAPACITY = 32 };

#define OPEN_MAX 16		/* collections whose files are opened at once */

static void
close_both(struct snapshot_files *f)
{
	if (f->vectors >= 0)
		close(f->vectors);
	if (f->index >= 0)
		close(f->index);
	f->vectors = f->index = -1;
}

void
snapshot_files_free(struct snapshot_files *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		close_both(&list[i]);
	free(list);
}

static uint64_t
bytes_of(const struct snapshot_files *f)
{
	return VEC_HEADER_BYTES + (uint64_t)f->slots * f->dim * sizeof(float);
}

/* --- keeping ----------------------------------------------------------------------------------- */

/* The folder of second names. */
static void
names_folder(const struct daemon *d, char *path, size_t n)
{
	snprintf(path, n, "%s/snapshot", d->settings->data);
}

static void
name_of(const struct daemon *d, uint64_t number, const char *file, char *path, size_t n)
{
	char folder[4096];

	names_folder(d, folder, sizeof(folder));
	snprintf(path, n, "%s/%" PRIu64 ".%s", folder, number, file);
}

void
snapshot_files_forget(const struct daemon *d)
{
	char folder[4096];
	struct err err;

	names_folder(d, folder, sizeof(folder));
	if (file_remove_tree(folder, &err) != 0)
		log_warn("%s", err.text);
}

/* Give a file of the collection its second name.  0, or -1 with errno. */
static int
name_one(const struct daemon *d, uint64_t number, const char *file)
{
	char folder[4096], from[4200], to[4200];

	space_folder(d, number, folder, sizeof(folder));
	snprintf(from, sizeof(from), "%s/%s", folder, file);
	name_of(d, number, file, to, sizeof(to));
	return link(from, to);
}

static int
name_both(const struct daemon *d, struct snapshot_files *f, struct err *err)
{
	f->linked = true;
	if (name_one(d, f->number, "vectors.bin") != 0 ||
	    (name_one(d, f->number, "hnsw.index") != 0 && errno != ENOENT))
		return err_sys(err, copy_code(errno), errno,
		    "collection %" PRIu64 " cannot be copied: a hard link in the data folder", f->number);
	return 0;
}

/* From where they are, or from under their second names. */
static int
open_both(const struct daemon *d, struct snapshot_files *f, struct err *err)
{
	char folder[4096], path[4200];
	struct stat st;

	space_folder(d, f->number, folder, sizeof(folder));
	snprintf(path, sizeof(path), "%s/vectors.bin", folder);
	if (f->linked)
		name_of(d, f->number, "vectors.bin", path, sizeof(path));
	if ((f->vectors = open(path, O_RDONLY | O_CLOEXEC)) < 0 || fstat(f->vectors, &st) != 0)
		return err_sys(err, WIRE_INTERNAL, errno,
		    "collection %" PRIu64 " cannot be copied: vectors.bin", f->number);
	if ((uint64_t)st.st_size < bytes_of(f))
		return err_set(err, WIRE_INTERNAL, "collection %" PRIu64
		    " cannot be copied: vectors.bin is too short", f->number);
	snprintf(path, sizeof(path), "%s/hnsw.index", folder);
	if (f->linked)
		name_of(d, f->number, "hnsw.index", path, sizeof(path));
	if ((f->index = open(path, O_RDONLY | O_CLOEXEC)) < 0 && errno != ENOENT)
		return err_sys(err, WIRE_INTERNAL, errno,
		    "collection %" PRIu64 " cannot be copied: hnsw.index", f->number);
	return 0;
}

/* `i` have been kept before it. */
static int
keep_one(const struct daemon *d, const struct meta_collection *c, size_t i, struct snapshot_files *f,
    struct err *err)
{
	*f = (struct snapshot_files){ c->number, c->dim, c->next_slot, false, -1, -1 };
	return i < OPEN_MAX ? open_both(d, f, err) : name_both(d, f, err);
}

int
snapshot_files_open(struct daemon *d, struct snapshot_files **list, size_t *n, struct err *err)
{
	struct meta_collection *all;
	char folder[4096];
	size_t nall;
	int rc;

	*list = NULL;
	*n = 0;
	if ((rc = meta_collection_list(d->meta, 0, &all, &nall, err)) != 0)
		return (int)call_code_meta(rc);
	if ((*list = calloc(nall + 1, sizeof(**list))) == NULL) {
		free(all);
		return err_set(err, WIRE_INTERNAL, "no memory for %zu collections", nall);
	}
	names_folder(d, folder, sizeof(folder));
	if (nall > OPEN_MAX && file_mkdirs(folder, 0700, err) != 0)
		rc = WIRE_INTERNAL;
	for (size_t i = 0; i < nall && rc == 0; i++)
		if (all[i].next_slot > 0) {	/* else its files are made at its first use */
			rc = keep_one(d, &all[i], *n, &(*list)[*n], err);
			++*n;
		}
	free(all);
	if (rc != 0) {
		snapshot_files_free(*list, *n);
		*list = NULL;
		*n = 0;
	}
	return rc;
}

/* --- copying ----------------------------------------------------------------------------------- */

int
snapshot_file_seal(const char *folder, const char *name, struct manifest *m, struct err *err)
{
	char path[4300];
	uint64_t size;
	uint32_t crc;
	int fd, rc;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	if ((fd = open(path, O_RDWR | O_CLOEXEC)) < 0)
		return err_sys(err, copy_code(errno), errno, "cannot open %s", name);
	if (fsync(fd) != 0)
		rc = err_sys(err, copy_code(errno), errno, "cannot sync %s", name);
	else if ((rc = copy_sum(fd, &size, &crc, name, err)) == 0)
		rc = manifest_put(m, name, size, crc, err);
	close(fd);
	return rc;
}

static void
put_le(unsigned char *p, uint64_t value, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		p[i] = (unsigned char)(value >> 8 * i);
}

/* Let the header say what is in this file. */
static int
fix_header(int fd, const struct snapshot_files *f, const char *name, struct err *err)
{
	unsigned char header[VEC_HEADER_BYTES];

	if (pread(fd, header, sizeof(header), 0) != (ssize_t)sizeof(header))
		return err_sys(err, WIRE_INTERNAL, errno, "cannot read %s", name);
	put_le(header + AT_NVECS, f->slots, 8);
	put_le(header + AT_CAPACITY, f->slots, 4);
	if (pwrite(fd, header, sizeof(header), 0) != (ssize_t)sizeof(header))
		return err_sys(err, copy_code(errno), errno, "cannot write %s", name);
	return 0;
}

/* One file; `slots` is that of vectors.bin, which is cut after them, or NULL. */
static int
copy_one(int from, const struct snapshot_files *slots, const char *folder, const char *name,
    struct manifest *m, struct err *err)
{
	char path[4300];
	struct stat st;
	int fd, rc;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	if (fstat(from, &st) != 0 ||
	    (fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600)) < 0)
		return err_sys(err, copy_code(errno), errno, "cannot make %s", name);
	rc = copy_bytes(from, fd, slots != NULL ? bytes_of(slots) : (uint64_t)st.st_size, name, err);
	if (rc == 0 && slots != NULL)
		rc = fix_header(fd, slots, name, err);
	close(fd);
	return rc != 0 ? rc : snapshot_file_seal(folder, name, m, err);
}

static int
copy_files(const struct snapshot_files *f, const char *folder, struct manifest *m,
    struct err *err)
{
	char name[64], path[4300];
	int rc;

	snprintf(path, sizeof(path), "%s/collections/%" PRIu64, folder, f->number);
	if (mkdir(path, 0700) != 0)
		return err_sys(err, copy_code(errno), errno, "cannot make %s", path);
	snprintf(name, sizeof(name), "collections/%" PRIu64 "/vectors.bin", f->number);
	if ((rc = copy_one(f->vectors, f, folder, name, m, err)) != 0)
		return rc;
	snprintf(name, sizeof(name), "collections/%" PRIu64 "/hnsw.index", f->number);
	if (f->index >= 0 && (rc = copy_one(f->index, NULL, folder, name, m, err)) != 0)
		return rc;
	return file_sync_folder(path, err) == 0 ? 0 : WIRE_INTERNAL;
}

/* What has second names is open for as long as it is copied. */
static int
copy_collection(const struct daemon *d, const struct snapshot_files *kept, const char *folder,
    struct manifest *m, struct err *err)
{
	struct snapshot_files f = *kept;
	char path[4200];
	int rc = 0;

	if (!f.linked)
		return copy_files(&f, folder, m, err);
	if ((rc = open_both(d, &f, err)) == 0)
		rc = copy_files(&f, folder, m, err);
	close_both(&f);
	name_of(d, f.number, "vectors.bin", path, sizeof(path));
	(void)unlink(path);
	name_of(d, f.number, "hnsw.index", path, sizeof(path));
	(void)unlink(path);
	return rc;
}

int
snapshot_files_copy(const struct daemon *d, const struct snapshot_files *list, size_t n,
    const char *folder, struct manifest *m, struct err *err)
{
	char path[4300];
	int rc = 0;

	snprintf(path, sizeof(path), "%s/collections", folder);
	if (mkdir(path, 0700) != 0)
		return err_sys(err, copy_code(errno), errno, "cannot make %s", path);
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = copy_collection(d, &list[i], folder, m, err);
	if (rc == 0 && file_sync_folder(path, err) != 0)
		rc = WIRE_INTERNAL;
	return rc;
}
