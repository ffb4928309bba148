/*
 * confine.c - the daemon's rules for the sandbox.
 */

#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "confine.h"
#include "log.h"
#include "sandbox.h"

#define RULES_MAX 32

struct rules {
	struct sandbox_rule rule[RULES_MAX];
	char path[RULES_MAX][PATH_MAX];
	size_t n;
};

/* Adds a copy of the path's first len bytes and gives it, for as long as r lives; NULL: see err. */
static const char *
add(struct rules *r, const char *path, size_t len, enum sandbox_right right, struct err *err)
{
	char *copy;

	if (r->n == RULES_MAX) {
		err_set(err, -1, "COOLVEC_SNAPSHOT_DIRS names too many folders");
		return NULL;
	}
	if ((len = strnlen(path, len)) >= PATH_MAX) {
		err_set(err, -1, "the path %.40s... is too long", path);
		return NULL;
	}
	copy = r->path[r->n];
	memcpy(copy, path, len);
	copy[len] = '\0';
	r->rule[r->n++] = (struct sandbox_rule){ copy, right };
	return copy;
}

static int
add_folder_of(struct rules *r, const char *file, struct err *err)
{
	const char *slash = strrchr(file, '/');
	size_t len = slash == NULL || slash == file ? 1 : (size_t)(slash - file);

	return add(r, slash == NULL ? "." : file, len, SANDBOX_SOCKET, err) != NULL ? 0 : -1;
}

static int
add_snapshot_dirs(struct rules *r, const char *list, struct err *err)
{
	const char *dir;

	for (const char *p = list; p != NULL && *p != '\0'; p += strspn(p, ":")) {
		size_t n = strcspn(p, ":");

		if ((dir = add(r, p, n, SANDBOX_WRITE, err)) == NULL)
			return -1;
		if (access(dir, F_OK) != 0)
			log_warn("COOLVEC_SNAPSHOT_DIRS names %s, which is not there", dir);
		p += n;
	}
	return 0;
}

/* Files that libpq reads beside what DB_URI says. */
static int
add_libpq(struct rules *r, struct err *err)
{
	static const char *const names[] = { "PGPASSFILE", "PGSERVICEFILE", "PGSSLROOTCERT",
		"PGSSLCERT", "PGSSLKEY", "PGSSLCRL" };
	static const char *const below_home[] = { ".pgpass", ".pg_service.conf", ".postgresql" };
	const char *home = getenv("HOME");
	const char *file;
	char path[PATH_MAX];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if ((file = getenv(names[i])) != NULL &&
		    add(r, file, SIZE_MAX, SANDBOX_READ, err) == NULL)
			return -1;
	for (size_t i = 0; home != NULL && i < sizeof(below_home) / sizeof(below_home[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", home, below_home[i]);
		if (add(r, path, SIZE_MAX, SANDBOX_READ, err) == NULL)
			return -1;
	}
	return 0;
}

int
confine(const struct settings *s, const char *socket, struct err *err)
{
	static struct rules r;		/* asked once, and large */
	enum sandbox_mode mode;
	char what[64];

	if (!sandbox_parse(s->sandbox, &mode))
		return err_set(err, -1, "COOLVEC_SANDBOX cannot be \"%.40s\"", s->sandbox);
	if (add(&r, s->data, SIZE_MAX, SANDBOX_WRITE, err) == NULL ||
	    add_folder_of(&r, socket, err) != 0 ||
	    add_snapshot_dirs(&r, s->snapshot_dirs, err) != 0 ||
	    (s->embed_ca_file != NULL &&
	add(&r, s->embed_ca_file, SIZE_MAX, SANDBOX_READ, err) == NULL) ||
	    (s->db_uri != NULL && add_libpq(&r, err) != 0))
		return -1;
	if (sandbox_enter(mode, r.rule, r.n, what, sizeof(what), err) != 0)
		return -1;
	log_debug("confined %s", what);
	return 0;
}
