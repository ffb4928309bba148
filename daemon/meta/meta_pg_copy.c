/*
 * meta_pg_copy.c - a copy of the metadata in PostgreSQL as a meta.db of SQLite.
 *
 * A connection of its own takes a snapshot of the database at the moment of the copy, which costs a
 * round trip, and reads the rows afterwards, while others go on writing.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "meta_move.h"
#include "meta_pg.h"

struct pg_copy {
	struct pg_db from;	/* with a connection, and no thread behind it */
	struct meta *to;
};

int
pg_copy_begin(void *db, const char *path, void **out, struct err *err)
{
	struct pg_copy *cp = calloc(1, sizeof(*cp));
	const char *slash = strrchr(path, '/');
	struct pg_db *d = db;
	char folder[4096];
	int rc;

	if (cp == NULL || (cp->from.cache = pg_cache_new()) == NULL) {
		rc = err_set(err, META_ENOMEM, "no memory to copy the metadata");
		goto out;
	}
	if (slash == NULL || strcmp(slash, "/meta.db") != 0 || access(path, F_OK) == 0) {
		rc = err_sys(err, META_EIO, EEXIST, "cannot make %s", path);
		goto out;
	}
	snprintf(folder, sizeof(folder), "%.*s", (int)(slash - path), path);
	if ((rc = meta_open_unbound(NULL, folder, &cp->to, err)) != 0 ||
	    (rc = pg_conn_open(d->link.uri, &cp->from.conn, err)) != 0 ||
	    (rc = pg_exec(cp->from.conn, "SELECT set_config('statement_timeout', '0', false),"
		" set_config('idle_in_transaction_session_timeout', '0', false)", NULL, 0, PG_QUICK_MS,
		err)) != 0)
		goto out;
	*out = cp;
	cp = NULL;		/* now the caller's */
out:
	pg_copy_end(cp);
	return rc;
}

/* There is nothing to do in advance; the rest is to see the database as it is now. */
int
pg_copy_step(void *copy, bool all, struct err *err)
{
	struct pg_copy *cp = copy;
	int rc;

	if (!all)
		return 0;
	cp->from.in_txn = true;
	if ((rc = pg_exec(cp->from.conn, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", NULL, 0,
	    PG_QUICK_MS, err)) != 0)
		return rc;
	return pg_exec(cp->from.conn, "SELECT count(*) FROM state", NULL, 0, PG_QUICK_MS, err);
}

int
pg_copy_finish(void *copy, struct err *err)
{
	struct pg_copy *cp = copy;
	struct meta from = { .backend = &meta_postgresql, .db = &cp->from };
	struct meta_txn *t;
	int rc;

	if ((rc = meta_begin(cp->to, &t, err)) != 0)
		return rc;
	if ((rc = meta_move_rows(&from, t, err)) != 0) {
		meta_rollback(t);
		return rc;
	}
	rc = meta_commit(t, err);
	meta_close(cp->to);	/* moves its log into the file */
	cp->to = NULL;
	return rc;
}

void
pg_copy_end(void *copy)
{
	struct pg_copy *cp = copy;

	if (cp == NULL)
		return;
	meta_close(cp->to);
	pg_conn_close(cp->from.conn);
	pg_cache_free(cp->from.cache);
	free(cp);
}
