/*
 * startup.c - cheap looks: the names in its folder, a stat and a header for each collection.  The rest
 * is checked when a collection opens.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "generation.h"
#include "log.h"
#include "num.h"
#include "space.h"
#include "startup.h"

/* The slots that the file says it has, or 0: opening it will tell why not. */
static uint64_t
published_slots(const char *path)
{
	unsigned char head[VEC_HEADER_BYTES];
	uint64_t n = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return 0;
	if (pread(fd, head, sizeof(head), 0) == (ssize_t)sizeof(head))
		for (int i = 7; i >= 0; i--)
			n = n << 8 | head[12 + i];
	close(fd);
	return n;
}

static void
check_file(struct daemon *d, const struct meta_collection *c)
{
	char folder[4096], path[4200];
	uint64_t published;
	struct stat st;
	struct err err;

	if (generation_settle(d, c, &err) != 0)
		log_error("collection %" PRIu64 ": %s", c->number, err.text);
	space_folder(d, c->number, folder, sizeof(folder));
	snprintf(path, sizeof(path), "%s/vectors.bin", folder);
	if (stat(path, &st) != 0) {
		if (c->next_slot > 0)	/* else it is made when it is first opened */
			log_error("collection %" PRIu64 " cannot be used: %s: %s", c->number, path,
			    strerror(errno));
	} else if ((uint64_t)st.st_size <
	    VEC_HEADER_BYTES + (uint64_t)c->next_slot * c->dim * sizeof(float)) {
		log_error("collection %" PRIu64 " cannot be used: %s is too short for the %" PRIu32
			  " slots in the metadata: is it from an older copy?",
		    c->number, path, c->next_slot);
	} else if ((published = published_slots(path)) > c->next_slot) {
		log_error("collection %" PRIu64 " cannot be used: %s has %" PRIu64 " slots and the metadata"
			  " knows of %" PRIu32 ": is that from an older copy?",
		    c->number, path, published, c->next_slot);
	}
}

/* Folders are numbers; one that is being removed ends in ".dropped". */
static void
check_folders(struct daemon *d, const char *all)
{
	struct meta_collection info;
	char path[4400];
	struct dirent *e;
	uint64_t number;
	struct err err;
	DIR *dir = opendir(all);

	while (dir != NULL && (e = readdir(dir)) != NULL) {
		size_t n = strlen(e->d_name);

		snprintf(path, sizeof(path), "%s/%s", all, e->d_name);
		if (n > 8 && strcmp(e->d_name + n - 8, ".dropped") == 0) {
			if (file_remove_tree(path, &err) != 0)
				log_warn("%s", err.text);
		} else if (num_parse(e->d_name, 1, INT64_MAX, &number) &&
		    meta_collection_get(d->meta, number, &info, &err) == META_NONE) {
			log_warn("%s belongs to no collection of this metadata; it is left alone", path);
		}
	}
	if (dir != NULL)
		closedir(dir);
}

int
startup_check(struct daemon *d, struct err *err)
{
	struct meta_collection *list;
	char all[4096];
	size_t n;

	if (meta_collection_list(d->meta, 0, &list, &n, err) != 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		check_file(d, &list[i]);
	free(list);
	snprintf(all, sizeof(all), "%s/collections", d->settings->data);
	check_folders(d, all);
	log_info("%zu collections, metadata schema %d", n, meta_schema(d->meta));
	return 0;
}
