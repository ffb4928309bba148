/*
 * snapshot.c - the steps of a snapshot.
 *
 * It is made as DIR.partial and renamed when it is whole and durable, so that what is called DIR is
 * a snapshot or nothing.
 */

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "commit.h"
#include "copy.h"
#include "file.h"
#include "log.h"
#include "snapshot.h"
#include "snapshot_files.h"

#define WAITING_MAX 1			/* behind the one that is made */
#define PAUSE_NS (200 * 1000)		/* between two pieces of the metadata, for those who wait */

struct snapshots {
	struct daemon *d;
	struct lane *lane;
};

struct snapshot {
	struct lane_job job;
	struct call *call;
	char *path, *partial, *parent;
	struct meta_copy *meta;
	struct snapshot_files *files;
	size_t nfiles;
	struct manifest manifest;
	enum wire_code code;		/* WIRE_OK so far, or why not */
	struct err err;
};

static void
snapshot_free(struct snapshot *s)
{
	if (s == NULL)
		return;
	meta_copy_free(s->meta);
	snapshot_files_free(s->files, s->nfiles);
	manifest_fini(&s->manifest);
	free(s->path);
	free(s->partial);
	free(s->parent);
	free(s);
}

/* --- where ------------------------------------------------------------------------------------- */

/* Nothing, or a folder with nothing in it: what rename can put a folder in the place of. */
static bool
is_free(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *e;
	bool empty = true;

	if (dir == NULL)
		return errno == ENOENT || errno == EACCES;	/* mkdir has the last word */
	while (empty && (e = readdir(dir)) != NULL)
		empty = strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0;
	closedir(dir);
	return empty;
}

/* Is the folder `path` the data folder, or below it? */
static bool
is_inside(const char *path, const char *data)
{
	char *real = realpath(path, NULL), *ours = realpath(data, NULL);
	size_t n = ours != NULL ? strlen(ours) : 0;
	bool inside = real != NULL && ours != NULL && strncmp(real, ours, n) == 0 &&
	    (real[n] == '/' || real[n] == '\0');

	free(real);
	free(ours);
	return inside;
}

static int
make_partial(struct snapshot *s)
{
	const struct settings *settings = s->call->d->settings;
	const char *data = settings->data;

	if (is_inside(s->parent, data) || is_inside(s->path, data))
		return err_set(&s->err, WIRE_BAD_REQUEST, "%s is in the data folder", s->path);
	if (!is_free(s->path))
		return err_set(&s->err, WIRE_EXISTS, "%s is there already", s->path);
	if (mkdir(s->partial, 0700) == 0)
		return 0;
	if (errno == EACCES && strcmp(settings->sandbox, "no") != 0)
		return err_set(&s->err, WIRE_FORBIDDEN, "cannot make %s: the folder is not the daemon's to"
		    " write to, or its sandbox keeps it out, which lets snapshots into"
		    " COOLVEC_SNAPSHOT_DIRS alone (%s)", s->partial,
		    settings->snapshot_dirs != NULL ? settings->snapshot_dirs : "unset");
	if (errno == EEXIST)
		return err_set(&s->err, WIRE_EXISTS, "%s is there: of a snapshot that was broken off?"
		    " remove it", s->partial);
	return err_sys(&s->err, copy_code(errno) == WIRE_NO_SPACE ? WIRE_NO_SPACE : WIRE_BAD_REQUEST,
	    errno, "cannot make %s", s->partial);
}

/* --- the steps --------------------------------------------------------------------------------- */

static int
meta_failed(int rc)
{
	return rc < 0 ? (int)call_code_meta(rc) : rc;
}

/* All of the metadata but the little that is written last. */
static int
copy_meta(struct snapshot *s)
{
	static const struct timespec pause = { .tv_nsec = PAUSE_NS };
	char path[PATH_MAX + 16];
	int rc;

	snprintf(path, sizeof(path), "%s/meta.db", s->partial);
	if ((rc = meta_copy_begin(s->call->d->meta, path, &s->meta, &s->err)) != 0)
		return meta_failed(rc);
	while ((rc = meta_copy_some(s->meta, &s->err)) == 1)
		nanosleep(&pause, NULL);
	return meta_failed(rc);
}

/* On the commit lane: what the snapshot is a snapshot of. */
static void
stand_still(void *arg)
{
	struct snapshot *s = arg;
	int rc;

	s->manifest.created = daemon_now();
	if ((rc = meta_copy_rest(s->meta, &s->err)) != 0)
		s->code = (enum wire_code)meta_failed(rc);
	else
		s->code = (enum wire_code)snapshot_files_open(s->call->d, &s->files, &s->nfiles,
		    &s->err);
}

static int
take_moment(struct snapshot *s)
{
	if (!commit_moment(s->call->d->commit, stand_still, s))
		return err_set(&s->err, WIRE_BUSY, "too many changes are waiting");
	if (s->code == WIRE_OK)
		s->code = (enum wire_code)meta_failed(meta_copy_finish(s->meta, &s->err));
	meta_copy_free(s->meta);
	s->meta = NULL;
	return (int)s->code;
}

static int
sync_folder(const char *path, struct err *err)
{
	return file_sync_folder(path, err) == 0 ? 0 : WIRE_INTERNAL;
}

/* The folder's last name is the word that it is whole. */
static int
publish(struct snapshot *s)
{
	int rc;

	if ((rc = manifest_write(&s->manifest, s->partial, &s->err)) != 0 ||
	    (rc = sync_folder(s->partial, &s->err)) != 0)
		return rc;
	if (rename(s->partial, s->path) != 0)
		return err_sys(&s->err, errno == EEXIST || errno == ENOTEMPTY ? WIRE_EXISTS :
		    WIRE_INTERNAL, errno, "cannot rename %s to %s", s->partial, s->path);
	return sync_folder(s->parent, &s->err);
}

static void
answer(struct snapshot *s)
{
	struct call *c = s->call;

	if (s->code != WIRE_OK) {
		log_error("the snapshot was not made: %s", s->err.text);
		call_fail(c, s->code, "%s", s->err.text);
	} else {
		log_info("made a snapshot of %zu files, %llu bytes", s->manifest.n,
		    (unsigned long long)manifest_bytes(&s->manifest));
		call_reply(c, json_pack("{s:o, s:I, s:I, s:I, s:I}", "path", call_sentence(s->path),
		    "created", (json_int_t)s->manifest.created, "collections", (json_int_t)s->nfiles,
		    "files", (json_int_t)s->manifest.n, "bytes",
		    (json_int_t)manifest_bytes(&s->manifest)));
	}
	snapshot_free(s);
	call_finish(c);
}

static void
run(void *arg, struct lane_job *job)
{
	struct snapshot *s = (struct snapshot *)(void *)job;
	struct err ignored;
	int rc;

	(void)arg;
	if ((rc = make_partial(s)) == 0) {
		if ((rc = copy_meta(s)) == 0 && (rc = take_moment(s)) == 0 &&
		    (rc = snapshot_file_seal(s->partial, "meta.db", &s->manifest, &s->err)) == 0 &&
		    (rc = snapshot_files_copy(s->call->d, s->files, s->nfiles, s->partial, &s->manifest,
			 &s->err)) == 0)
			rc = publish(s);
		snapshot_files_forget(s->call->d);
		if (rc != 0) {
			meta_copy_free(s->meta);
			s->meta = NULL;
			(void)file_remove_tree(s->partial, &ignored);
		}
	}
	s->code = (enum wire_code)rc;
	answer(s);
}

/* --- the lane ---------------------------------------------------------------------------------- */

struct snapshots *
snapshots_new(struct daemon *d)
{
	struct snapshots *sn = calloc(1, sizeof(*sn));

	if (sn == NULL)
		return NULL;
	sn->d = d;
	snapshot_files_forget(d);
	if ((sn->lane = lane_new("snapshot", 1, WAITING_MAX, run, sn)) == NULL) {
		free(sn);
		return NULL;
	}
	return sn;
}

void
snapshots_free(struct snapshots *sn)
{
	if (sn == NULL)
		return;
	lane_free(sn->lane);
	free(sn);
}

/* The paths: slashes at the end are dropped.  NULL: no memory. */
static struct snapshot *
snapshot_new(struct call *c, const char *path)
{
	struct snapshot *s = calloc(1, sizeof(*s));
	size_t n = strlen(path);
	char *slash;

	if (s == NULL)
		return NULL;
	while (n > 1 && path[n - 1] == '/')
		n--;
	s->call = c;
	s->path = strndup(path, n);
	if (s->path != NULL && asprintf(&s->partial, "%s.partial", s->path) < 0)
		s->partial = NULL;
	s->parent = s->path != NULL ? strdup(s->path) : NULL;
	if (s->partial == NULL || s->parent == NULL) {
		snapshot_free(s);
		return NULL;
	}
	slash = strrchr(s->parent, '/');
	slash[slash == s->parent] = '\0';
	return s;
}

int
snapshot_push(struct call *c, const char *path)
{
	struct snapshot *s = snapshot_new(c, path);

	if (s == NULL) {
		call_fail(c, WIRE_INTERNAL, "no memory for a snapshot");
		return CALL_DONE;
	}
	if (lane_push(c->d->snapshots->lane, &s->job))
		return CALL_LATER;
	snapshot_free(s);
	call_fail(c, WIRE_BUSY, "other snapshots are being made");
	return CALL_DONE;
}
