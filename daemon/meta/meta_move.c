/*
 * meta_move.c - rows from one database to another, whichever they are.
 *
 * A table is read by one statement and written by another, whose columns are in the same order.  What
 * is a number and what bytes is written down here once, for no database tells it of its NULLs.
 */

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "file.h"
#include "meta_move.h"
#include "meta_uri.h"

#define COLUMNS_MAX 18

/* Those that are referred to go before those that refer. */
static const struct {
	enum meta_sql dump, load;
	const char *types;	/* of the columns: integer, text, bytes */
} tables[] = {
	{ SQL_DUMP_USERS, SQL_LOAD_USERS, "itttti" },
	{ SQL_DUMP_SESSIONS, SQL_SESSION_ADD, "tii" },
	{ SQL_DUMP_COLLECTIONS, SQL_LOAD_COLLECTIONS, "iittiiiitttiiiiiit" },
	{ SQL_DUMP_ITEMS, SQL_ITEM_PUT, "iittb" },
	{ SQL_DUMP_SLOTS, SQL_LOAD_SLOTS, "iiiii" },
	{ SQL_DUMP_BUILDS, SQL_BUILD_ADD, "iiititttii" },
	{ SQL_DUMP_REQUESTS, SQL_REQUEST_PUT, "itiiti" },
};

static const char *const counters[] = { "users", "collections" };

static struct meta_param
param_of(struct meta *m, enum meta_sql sql, int column, char type)
{
	struct meta_param p = { .type = type == 't' ? PARAM_TEXT : PARAM_BLOB };

	if (type == 'i')
		return param_int(db_int(m, sql, column));
	p.p = m->backend->get_bytes(m->db, sql, column, &p.len);
	if (p.p == NULL)
		p.type = PARAM_NULL;
	return p;
}

static int
move_table(struct meta *from, struct meta_txn *to, size_t t, struct err *err)
{
	struct meta_param row[COLUMNS_MAX];
	size_t n = strlen(tables[t].types);
	int rc;

	assert(n <= COLUMNS_MAX);
	rc = db_query(from, tables[t].dump, NULL, 0, err);
	while (rc == 0) {
		for (size_t i = 0; i < n; i++)
			row[i] = param_of(from, tables[t].dump, (int)i, tables[t].types[i]);
		if ((rc = db_soon(to, tables[t].load, row, n, err)) == 0)
			rc = db_next(from, tables[t].dump, err);
	}
	db_done(from, tables[t].dump);
	return rc == META_END ? 0 : rc;
}

/* How far numbers were given, which is more than the largest there is when it was dropped. */
static int
move_counter(struct meta *from, struct meta_txn *to, const char *name, struct err *err)
{
	struct meta_param last = param_int(0);
	int rc;

	if ((rc = db_query(from, SQL_COUNTER_GET, PARAMS(param_text(name)), err)) == 0)
		last = param_int(db_int(from, SQL_COUNTER_GET, 0));
	db_done(from, SQL_COUNTER_GET);
	if (rc < 0 || last.i == 0)
		return rc < 0 ? rc : 0;
	rc = db_exec(to, SQL_COUNTER_SET, PARAMS(last, param_text(name)), 0, err);
	return rc == 0 ? db_exec(to, SQL_COUNTER_ADD, PARAMS(last, param_text(name)), 0, err) : rc;
}

int
meta_move_rows(struct meta *from, struct meta_txn *to, struct err *err)
{
	int rc = 0;

	for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]) && rc == 0; t++)
		rc = move_table(from, to, t, err);
	for (size_t i = 0; i < sizeof(counters) / sizeof(counters[0]) && rc == 0; i++)
		rc = move_counter(from, to, counters[i], err);
	if (rc > 0)
		rc = err_set(err, META_EIO, "a row of the metadata does not fit into the other database");
	return db_note(to, rc);
}

/* --- an installation --------------------------------------------------------------------------- */

static int
is_empty(struct meta *m, struct err *err)
{
	int rc = db_query(m, SQL_DUMP_USERS, NULL, 0, err);

	db_done(m, SQL_DUMP_USERS);
	if (rc == META_END)
		return 0;
	return rc < 0 ? rc : err_set(err, META_EIO,
	    "there are users already where the metadata is to go; it has to be empty");
}

/* All rows, in one transaction on each side. */
static int
move_all(struct meta *from, struct meta *to, struct err *err)
{
	struct meta_txn *reading = NULL, *writing = NULL;
	int rc;

	if ((rc = meta_begin(from, &reading, err)) != 0 || (rc = meta_begin(to, &writing, err)) != 0 ||
	    (rc = is_empty(to, err)) != 0 || (rc = meta_move_rows(from, writing, err)) != 0)
		goto out;
	rc = meta_commit(writing, err);
	writing = NULL;
out:
	meta_rollback(writing);
	meta_rollback(reading);
	return rc;
}

static int
rename_in(const char *folder, const char *from, const char *to, struct err *err)
{
	char a[4096], b[4096];

	snprintf(a, sizeof(a), "%s/%s", folder, from);
	snprintf(b, sizeof(b), "%s/%s", folder, to);
	if (rename(a, b) != 0)
		return err_sys(err, META_EIO, errno, "cannot rename %s", a);
	return file_sync_folder(folder, err) == 0 ? 0 : META_EIO;
}

/* The rows are there: meta.db gets another name, then the folder its note of the database. */
static int
to_postgresql(const char *uri, const char *folder, struct err *err)
{
	struct meta *from = NULL, *to = NULL;
	int rc;

	if ((rc = meta_open(NULL, folder, &from, err)) == 0 &&
	    (rc = meta_open_unbound(uri, NULL, &to, err)) == 0)
		rc = move_all(from, to, err);
	meta_close(to);
	meta_close(from);
	if (rc != 0 || (rc = rename_in(folder, "meta.db", "meta.db.moved", err)) != 0)
		return rc;
	rc = meta_open(uri, folder, &to, err);
	meta_close(to);
	return rc;
}

/* Made aside; takes its place when the database has written down that it is the metadata no more. */
static int
to_sqlite(const char *uri, const char *folder, struct err *err)
{
	struct meta *from = NULL, *to = NULL;
	char aside[4096], note[4096];
	int rc;

	snprintf(aside, sizeof(aside), "%s/meta.moving", folder);
	snprintf(note, sizeof(note), "%s/" META_NOTE, folder);
	if (file_remove_tree(aside, err) != 0 || file_mkdirs(aside, 0700, err) != 0)
		return META_EIO;
	if ((rc = meta_open(uri, folder, &from, err)) == 0 &&
	    (rc = meta_open_unbound(NULL, aside, &to, err)) == 0)
		rc = move_all(from, to, err);
	meta_close(to);
	if (rc == 0 && (rc = from->backend->retire(from->db, err)) == 0 &&
	    (rc = rename_in(folder, "meta.moving/meta.db", "meta.db", err)) == 0 && unlink(note) != 0)
		rc = err_sys(err, META_EIO, errno, "cannot remove %s", note);
	meta_close(from);
	(void)file_remove_tree(aside, NULL);
	return rc;
}

int
meta_move(const char *from, const char *to, const char *folder, struct err *err)
{
	if (from == NULL && to != NULL)
		return to_postgresql(to, folder, err);
	if (from != NULL && to == NULL)
		return to_sqlite(from, folder, err);
	return err_set(err, META_EIO, "metadata moves from SQLite to PostgreSQL, or back");
}
