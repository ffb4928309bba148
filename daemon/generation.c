/*
 * generation.c - the folders that builds leave.
 */

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "generation.h"
#include "log.h"
#include "num.h"
#include "space.h"

#define PREFIX "generation-"

void
generation_folder(const struct daemon *d, uint64_t number, uint64_t generation, char *path,
    size_t n)
{
	snprintf(path, n, "%s/collections/%" PRIu64 "/" PREFIX "%" PRIu64, d->settings->data, number,
	    generation);
}

/* Rename a file from one folder to another, if it is there. */
static int
move_file(const char *from, const char *to, const char *name, struct err *err)
{
	char old[4300], new[4300];

	snprintf(old, sizeof(old), "%s/%s", from, name);
	snprintf(new, sizeof(new), "%s/%s", to, name);
	if (rename(old, new) != 0 && errno != ENOENT)
		return err_sys(err, -1, errno, "cannot rename %s", old);
	return 0;
}

/* The switch was committed and not all of its renames were done. */
static int
finish(struct daemon *d, const struct meta_collection *c, const char *built, struct err *err)
{
	char folder[4096];

	space_folder(d, c->number, folder, sizeof(folder));
	if (move_file(built, folder, "hnsw.index", err) != 0 ||
	    move_file(built, folder, "vectors.bin", err) != 0 || file_sync_folder(folder, err) != 0)
		return -1;
	log_info("collection %" PRIu64 ": generation %" PRIu64 " is in its place", c->number,
	    c->generation);
	return file_remove_tree(built, err);
}

static int
settle_one(struct daemon *d, const struct meta_collection *c, uint64_t generation, struct err *err)
{
	struct meta_build b;
	char built[4200];
	int rc;

	generation_folder(d, c->number, generation, built, sizeof(built));
	if (generation == c->generation)
		return finish(d, c, built, err);
	if ((rc = meta_build_get(d->meta, c->number, &b, err)) < 0)
		return rc;
	if (rc == 0 && b.generation == generation)
		return 0;
	return file_remove_tree(built, err);
}

int
generation_settle(struct daemon *d, const struct meta_collection *c, struct err *err)
{
	const size_t prefix = strlen(PREFIX);
	char folder[4096];
	struct dirent *e;
	uint64_t n;
	DIR *dir;
	int rc = 0;

	space_folder(d, c->number, folder, sizeof(folder));
	if ((dir = opendir(folder)) == NULL)
		return 0;	/* none yet, or vec_open will say why */
	while (rc == 0 && (e = readdir(dir)) != NULL)
		if (strncmp(e->d_name, PREFIX, prefix) == 0 &&
		    num_parse(e->d_name + prefix, 0, INT64_MAX, &n))
			rc = settle_one(d, c, n, err);
	closedir(dir);
	return rc;
}
