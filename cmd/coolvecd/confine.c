/*
 * confine.c - the daemon's rules for the sandbox.
 */

#include <libgen.h>
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
	char *path[RULES_MAX];		/* copies, to be freed */
	size_t n;
};

/* Takes the path; NULL is none. */
static int
add(struct rules *r, char *path, enum sandbox_right right, struct err *err)
{
	if (path == NULL) {
		err_set(err, -1, "no memory for the sandbox");
		return -1;
	}
	if (r->n == RULES_MAX) {
		free(path);
		err_set(err, -1, "COOLVEC_SNAPSHOT_DIRS names too many folders");
		return -1;
	}
	r->path[r->n] = path;
	r->rule[r->n++] = (struct sandbox_rule){ path, right };
	return 0;
}

static int
add_folder_of(struct rules *r, const char *file, struct err *err)
{
	char *copy = strdup(file);
	int rc = add(r, copy != NULL ? strdup(dirname(copy)) : NULL, SANDBOX_SOCKET, err);

	free(copy);
	return rc;
}

static int
add_snapshot_dirs(struct rules *r, const char *list, struct err *err)
{
	int rc = 0;

	for (const char *p = list; p != NULL && *p != '\0' && rc == 0; p += strspn(p, ":")) {
		size_t n = strcspn(p, ":");

		if ((rc = add(r, strndup(p, n), SANDBOX_WRITE, err)) == 0 &&
		    access(r->path[r->n - 1], F_OK) != 0)
			log_warn("COOLVEC_SNAPSHOT_DIRS names %s, which is not there",
			    r->path[r->n - 1]);
		p += n;
	}
	return rc;
}

/* Files that libpq reads beside what DB_URI says. */
static int
add_libpq(struct rules *r, struct err *err)
{
	static const char *const names[] = { "PGPASSFILE", "PGSERVICEFILE", "PGSSLROOTCERT",
		"PGSSLCERT", "PGSSLKEY", "PGSSLCRL" };
	static const char *const below_home[] = { ".pgpass", ".pg_service.conf", ".postgresql" };
	const char *home = getenv("HOME");
	char *path;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (getenv(names[i]) != NULL &&
		    add(r, strdup(getenv(names[i])), SANDBOX_READ, err) != 0)
			return -1;
	for (size_t i = 0; home != NULL && i < sizeof(below_home) / sizeof(below_home[0]); i++) {
		if (asprintf(&path, "%s/%s", home, below_home[i]) < 0)
			path = NULL;
		if (add(r, path, SANDBOX_READ, err) != 0)
			return -1;
	}
	return 0;
}

int
confine(const struct settings *s, const char *socket, struct err *err)
{
	struct rules r = { .n = 0 };
	enum sandbox_mode mode;
	char what[64];
	int rc = -1;

	if (!sandbox_parse(s->sandbox, &mode))
		return err_set(err, -1, "COOLVEC_SANDBOX cannot be \"%.40s\"", s->sandbox);
	if (add(&r, strdup(s->data), SANDBOX_WRITE, err) != 0 ||
	    add_folder_of(&r, socket, err) != 0 ||
	    add_snapshot_dirs(&r, s->snapshot_dirs, err) != 0 ||
	    (s->embed_ca_file != NULL && add(&r, strdup(s->embed_ca_file), SANDBOX_READ, err) != 0) ||
	    (s->db_uri != NULL && add_libpq(&r, err) != 0))
		goto out;
	if ((rc = sandbox_enter(mode, r.rule, r.n, what, sizeof(what), err)) == 0)
		log_debug("confined %s", what);
out:
	for (size_t i = 0; i < r.n; i++)
		free(r.path[i]);
	return rc;
}
