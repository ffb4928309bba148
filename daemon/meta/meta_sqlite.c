/*
 * meta_sqlite.c - statements and transactions on SQLite.
 *
 * Each statement is prepared when it is first wanted and kept until the end.  The connection has no
 * mutex of its own: ours is held around every call.
 */

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "meta_sqlite.h"

static int
code_of(int rc)
{
	switch (rc & 0xff) {
	case SQLITE_FULL:
		return META_ENOSPC;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return META_EUNAVAILABLE;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return META_ECORRUPT;
	case SQLITE_NOMEM:
		return META_ENOMEM;
	default:
		return META_EIO;
	}
}

int
sqlite_fail(struct sqlite_db *d, int rc, const char *what, struct err *err)
{
	int code = code_of(rc), no = sqlite3_system_errno(d->db);

	if ((rc & 0xff) == SQLITE_BUSY)	/* our lock is for life: this is while opening */
		return err_set(err, code, "meta.db is in use by another process");
	/* The system's word is stale unless it was the system that refused. */
	if (no != 0 && ((rc & 0xff) == SQLITE_IOERR || (rc & 0xff) == SQLITE_CANTOPEN))
		return err_sys(err, code, no, "meta.db: cannot %s: %s", what, sqlite3_errstr(rc));
	return err_set(err, code, "meta.db: cannot %s: %s", what, sqlite3_errmsg(d->db));
}

/*
 * Run one of the statements that are kept for transactions.  They are prepared when the database is
 * opened: compiling one takes memory, and a ROLLBACK must not want for it.
 */
static int
run_kept(struct sqlite_db *d, enum sqlite_kept kept)
{
	int rc = sqlite3_step(d->kept[kept]), again = sqlite3_reset(d->kept[kept]);

	return rc == SQLITE_DONE ? SQLITE_OK : again != SQLITE_OK ? again : rc;
}

int
sqlite_prepare_kept(struct sqlite_db *d, struct err *err)
{
	static const char *const sql[] = { "BEGIN IMMEDIATE", "COMMIT", "ROLLBACK" };
	int rc = SQLITE_OK;

	for (int i = 0; i < KEPT_N && rc == SQLITE_OK; i++)
		rc = sqlite3_prepare_v3(d->db, sql[i], -1, SQLITE_PREPARE_PERSISTENT, &d->kept[i], NULL);
	return rc == SQLITE_OK ? 0 : sqlite_fail(d, rc, "prepare a statement", err);
}

int
sqlite_begin(void *db, struct err *err)
{
	struct sqlite_db *d = db;
	int rc = run_kept(d, KEPT_BEGIN);

	return rc == SQLITE_OK ? 0 : sqlite_fail(d, rc, "begin a transaction", err);
}

/*
 * A full disk stops a commit before its last frame is in the log, so it did not happen.  After any
 * other failure it may have: a COMMIT whose fsync failed was there again after a restart, and one
 * that runs out of memory may do so after the fsync.
 */
int
sqlite_commit(void *db, uint64_t number, struct err *err)
{
	struct sqlite_db *d = db;
	int rc = run_kept(d, KEPT_COMMIT);

	(void)number;		/* what is unknown stays so */
	if (rc == SQLITE_OK)
		return 0;
	if ((rc & 0xff) == SQLITE_FULL) {
		rc = sqlite_fail(d, rc, "commit", err);
		sqlite_rollback(d);
		return rc;
	}
	sqlite_fail(d, rc, "tell whether a commit happened", err);
	sqlite_rollback(d);
	if (err != NULL)
		err->code = META_EUNKNOWN;
	return META_EUNKNOWN;
}

void
sqlite_rollback(void *db)
{
	struct sqlite_db *d = db;

	/* Some failures have rolled back already.  Failing itself, ROLLBACK still ends it. */
	if (!sqlite3_get_autocommit(d->db))
		(void)run_kept(d, KEPT_ROLLBACK);
	assert(sqlite3_get_autocommit(d->db));
}

/* A statement that does not compile means a schema that is not what its version says. */
static int
prepare(struct sqlite_db *d, enum meta_sql sql, struct err *err)
{
	char name[16];
	int i, rc;

	rc = sqlite3_prepare_v3(d->db, meta_sql_text[sql], -1, SQLITE_PREPARE_PERSISTENT,
	    &d->st[sql], NULL);
	if ((rc & 0xff) == SQLITE_ERROR)
		return err_set(err, META_ECORRUPT, "meta.db is damaged: %s",
		    sqlite3_errmsg(d->db));
	if (rc != SQLITE_OK)
		return sqlite_fail(d, rc, "prepare a statement", err);
	for (i = 1; i <= sqlite3_bind_parameter_count(d->st[sql]); i++) {
		snprintf(name, sizeof(name), "$%d", i);
		assert(strcmp(sqlite3_bind_parameter_name(d->st[sql], i), name) == 0);
	}
	return 0;
}

/* The bytes stay the caller's, and stay until the statement is reset. */
static int
bind(sqlite3_stmt *st, int at, const struct meta_param *p)
{
	switch (p->type) {
	case PARAM_INT:
		return sqlite3_bind_int64(st, at, p->i);
	case PARAM_TEXT:
		return sqlite3_bind_text64(st, at, p->p, p->len, SQLITE_STATIC, SQLITE_UTF8);
	case PARAM_BLOB:
		return sqlite3_bind_blob64(st, at, p->p, p->len, SQLITE_STATIC);
	default:
		return sqlite3_bind_null(st, at);
	}
}

int
sqlite_bind(struct sqlite_db *d, int sql, const struct meta_param *p, size_t n, struct err *err)
{
	int rc;

	assert((size_t)sqlite3_bind_parameter_count(d->st[sql]) == n);
	for (size_t i = 0; i < n; i++)
		if ((rc = bind(d->st[sql], (int)i + 1, &p[i])) != SQLITE_OK)
			return sqlite_fail(d, rc, "bind a value", err);
	return 0;
}

static int
sqlite_start(void *db, enum meta_sql sql, const struct meta_param *p, size_t n, struct err *err)
{
	struct sqlite_db *d = db;
	int rc;

	if (d->st[sql] == NULL && (rc = prepare(d, sql, err)) != 0)
		return rc;
	return sqlite_bind(d, sql, p, n, err);
}

static int
sqlite_next(void *db, enum meta_sql sql, struct err *err)
{
	struct sqlite_db *d = db;
	int rc = sqlite3_step(d->st[sql]);

	switch (rc) {
	case SQLITE_ROW:
		return 0;
	case SQLITE_DONE:
		return META_END;
	case SQLITE_CONSTRAINT_UNIQUE:
	case SQLITE_CONSTRAINT_PRIMARYKEY:
		return META_EXISTS;
	case SQLITE_CONSTRAINT_FOREIGNKEY:
		return META_NONE;
	default:
		return sqlite_fail(d, rc,
		    sqlite3_stmt_readonly(d->st[sql]) ? "read" : "write", err);
	}
}

/* Reset says again what step said; the values are bound anew before the next step. */
static void
sqlite_done(void *db, enum meta_sql sql)
{
	struct sqlite_db *d = db;

	if (sql == SQL_MATCH)
		sqlite_match_done(d);
	else
		sqlite3_reset(d->st[sql]);
}

static uint64_t
sqlite_changed(void *db, enum meta_sql sql)
{
	struct sqlite_db *d = db;

	(void)sql;		/* SQLite counts for the last statement, which it is */
	return (uint64_t)sqlite3_changes64(d->db);
}

static int64_t
sqlite_get_int(void *db, enum meta_sql sql, int column)
{
	struct sqlite_db *d = db;

	return sqlite3_column_int64(d->st[sql], column);
}

static const void *
sqlite_get_bytes(void *db, enum meta_sql sql, int column, size_t *len)
{
	struct sqlite_db *d = db;
	sqlite3_stmt *st = d->st[sql];
	const void *p;

	*len = 0;
	if (sqlite3_column_type(st, column) == SQLITE_NULL)
		return NULL;
	/* An empty blob has no address.  No conversion is due, so a full one always has. */
	p = sqlite3_column_blob(st, column);
	if (p == NULL)
		return "";
	*len = (size_t)sqlite3_column_bytes(st, column);
	return p;
}

const struct meta_backend meta_sqlite = {
	.open = sqlite_db_open,
	.close = sqlite_db_close,
	.reset = sqlite_db_reset,
	.begin = sqlite_begin,
	.commit = sqlite_commit,
	.rollback = sqlite_rollback,
	.copy_begin = sqlite_copy_begin,
	.copy_step = sqlite_copy_step,
	.copy_end = sqlite_copy_end,
	.trim = sqlite_trim,
	.start = sqlite_start,
	.next = sqlite_next,
	.done = sqlite_done,
	.changed = sqlite_changed,
	.match = sqlite_match,
	.get_int = sqlite_get_int,
	.get_bytes = sqlite_get_bytes,
};
