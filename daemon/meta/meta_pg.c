/*
 * meta_pg.c - statements on PostgreSQL.
 *
 * A statement is sent and its first row waited for when it is started, so that one that finds the
 * connection gone can be sent again: outside of a transaction there are reads only.  Inside, those
 * that may break a uniqueness or a reference stand behind a savepoint, for PostgreSQL gives up the
 * whole transaction otherwise; the savepoint, the statement and its end are one round trip.
 *
 * Two things save round trips.  What is sent *ahead* is a row of reads whose answers are then taken
 * one by one.  What is to be done *soon* is a row of writes whose ends are looked at together.
 */

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "meta_pg.h"

#define SOON_MAX 256		/* their answers have to fit in somebody's buffers */

static int
patience(enum meta_sql sql)
{
	switch (sql) {
	case SQL_COLLECTION_DROP_REQUESTS:
	case SQL_COLLECTION_DROP_SLOTS:
	case SQL_COLLECTION_DROP_ITEMS:
	case SQL_ITEMS_LIVE:
	case SQL_MATCH:
		return PG_SLOW_MS;
	default:
		return PG_QUICK_MS;
	}
}

/* Those that may be many rows, which need not all be in memory. */
static bool
is_stream(enum meta_sql sql)
{
	return sql == SQL_ITEMS_LIVE || sql == SQL_ITEMS_WALK || sql == SQL_ITEMS_WALK_SLOTS ||
	    sql == SQL_BUILD_WALK || sql >= SQL_DUMP_USERS;
}

static bool
is_guarded(enum meta_sql sql)
{
	return sql == SQL_SESSION_ADD || sql == SQL_COLLECTION_ADD || sql == SQL_ITEM_PUT ||
	    sql == SQL_REQUEST_PUT || sql == SQL_BUILD_ADD;
}

int
pg_note(struct pg_db *d, int rc)
{
	if (rc < 0 && d->conn != NULL && pg_conn_broken(d->conn) && !d->in_txn)
		pg_link_lost(d);
	return rc;
}

/* Inside a transaction: what PostgreSQL answers to a statement without a savepoint ends it all. */
static int
no_answer(int rc, struct err *err)
{
	return rc == META_EXISTS || rc == META_NONE ? err_set(err, META_EIO,
	    "the database refused a row that should have fitted") : rc;
}

/* --- soon -------------------------------------------------------------------------------------- */

/* The ends of those that stand before a statement that was sent behind them. */
static int
pass_soon(struct pg_db *d, struct err *err)
{
	int rc, first = 0;

	for (; d->soon > 0 && !pg_conn_broken(d->conn); d->soon--)
		if ((rc = pg_skip(d->conn, PG_QUICK_MS, first == 0 ? err : NULL)) != META_END &&
		    first == 0)
			first = no_answer(rc, err);
	d->soon = 0;
	return first;
}

int
pg_settle(struct pg_db *d, struct err *err)
{
	int rc;

	if (d->soon == 0)
		return 0;
	if ((rc = pg_sync(d->conn, err)) != 0) {
		d->soon = 0;
		return rc;
	}
	return pass_soon(d, err);
}

static int
pg_soon(void *db, enum meta_sql sql, const struct meta_param *p, size_t n, struct err *err)
{
	struct pg_db *d = db;
	int rc;

	assert(d->in_txn);
	pg_cache_touch(d->cache, sql, p, n);
	if ((rc = pg_send(d->conn, (int)sql, pg_sql(sql), p, n, false, err)) != 0)
		return rc;
	return ++d->soon < SOON_MAX ? 0 : pg_settle(d, err);
}

/* --- ahead ------------------------------------------------------------------------------------- */

/* A failure is for the start of the first to find. */
static void
pg_ahead(void *db, enum meta_sql sql, const struct meta_param *p, size_t n, size_t times)
{
	struct pg_db *d = db;
	struct err err;

	assert(d->ahead == 0);
	if ((d->in_txn ? pg_settle(d, &err) : pg_link_use(d, &err)) != 0)
		return;
	for (size_t i = 0; i < times; i++)
		if (pg_send(d->conn, (int)sql, pg_sql(sql), p + i * n, n, false, &err) != 0) {
			(void)pg_drain(d->conn, PG_QUICK_MS, NULL);
			return;
		}
	if (pg_sync(d->conn, &err) == 0)
		d->ahead = times;
}

static void
pg_ahead_end(void *db)
{
	struct pg_db *d = db;

	if (d->ahead > 0 && d->conn != NULL)
		(void)pg_drain(d->conn, PG_QUICK_MS, NULL);
	d->ahead = 0;
	(void)pg_note(d, -1);
}

/* --- statements -------------------------------------------------------------------------------- */

/* Send it, with what stands around it, and wait for its first row or its end. */
static int
send_and_wait(struct pg_db *d, enum meta_sql sql, const struct meta_param *p, size_t n,
    struct err *err)
{
	struct pg_conn *c = d->conn;
	int rc;

	d->guarded = d->in_txn && is_guarded(sql);
	if ((d->guarded && (rc = pg_send(c, -1, "SAVEPOINT guard", NULL, 0, false, err)) != 0) ||
	    (rc = pg_send(c, (int)sql, pg_sql(sql), p, n, is_stream(sql), err)) != 0 ||
	    (d->guarded && (rc = pg_send(c, -1, "RELEASE guard", NULL, 0, false, err)) != 0) ||
	    (rc = pg_sync(c, err)) != 0)
		return rc;
	if ((rc = pass_soon(d, err)) != 0) {
		d->guarded = false;
		(void)pg_drain(c, PG_QUICK_MS, NULL);
		return rc;
	}
	if (d->guarded && (rc = pg_skip(c, PG_QUICK_MS, err)) != META_END)
		return rc;
	return pg_next(c, patience(sql), err);
}

/* The row that comes next is known already. */
static int
keep_first(struct pg_db *d, enum meta_sql sql, const struct meta_param *p, size_t n, int rc)
{
	d->first = rc;
	d->has_first = true;
	if (!d->in_txn && rc >= 0)
		pg_cache_put(d->cache, sql, p, n, rc == 0 ? d->conn : NULL);
	return 0;
}

static int
pg_start(void *db, enum meta_sql sql, const struct meta_param *p, size_t n, struct err *err)
{
	struct pg_db *d = db;
	int rc;

	d->guarded = d->from_cache = d->has_first = false;
	d->over = false;
	if (d->ahead > 0) {
		d->ahead--;
		if ((rc = pg_next(d->conn, patience(sql), err)) >= 0)
			return keep_first(d, sql, p, n, rc);
		if (d->in_txn || !pg_conn_broken(d->conn))
			return rc;
		d->ahead = 0;
	}
	if (d->in_txn)
		pg_cache_touch(d->cache, sql, p, n);
	for (int tries = 0;; tries++) {
		if (!d->in_txn && (rc = pg_link_use(d, err)) != 0) {
			d->from_cache = pg_cache_find(d->cache, sql, p, n);
			return d->from_cache ? keep_first(d, SQL_N, NULL, 0, 0) : rc;
		}
		if ((rc = send_and_wait(d, sql, p, n, err)) >= 0)
			return keep_first(d, sql, p, n, rc);
		if (d->in_txn || !pg_conn_broken(d->conn) || tries > 0)
			return pg_note(d, rc);
	}
}

/* A statement that was refused has taken its savepoint's end with it: back to the savepoint. */
static int
back_to_guard(struct pg_db *d, int answer, struct err *err)
{
	struct err ignored;
	int rc;

	(void)pg_drain(d->conn, PG_QUICK_MS, &ignored);
	d->guarded = false;
	if ((rc = pg_send(d->conn, -1, "ROLLBACK TO guard", NULL, 0, false, err)) != 0 ||
	    (rc = pg_send(d->conn, -1, "RELEASE guard", NULL, 0, false, err)) != 0 ||
	    (rc = pg_sync(d->conn, err)) != 0 || (rc = pg_drain(d->conn, PG_QUICK_MS, err)) != 0)
		return no_answer(rc, err);
	return answer;
}

static int
pg_next_row(void *db, enum meta_sql sql, struct err *err)
{
	struct pg_db *d = db;
	int rc;

	if (sql == SQL_MATCH)
		return pg_match_next(d, err);
	if (d->has_first) {
		rc = d->first;
		d->has_first = false;
	} else {
		rc = d->from_cache ? META_END : pg_next(d->conn, patience(sql), err);
	}
	if (rc == 0)
		return 0;
	d->over = true;
	if (rc == META_END && !d->from_cache)
		d->changed = pg_changed(d->conn);
	if (rc != META_EXISTS && rc != META_NONE)
		return rc;
	return d->guarded ? back_to_guard(d, rc, err) : no_answer(rc, err);
}

static void
pg_done(void *db, enum meta_sql sql)
{
	struct pg_db *d = db;

	if (sql == SQL_MATCH) {
		pg_match_done(d);
		return;
	}
	if (d->conn == NULL || d->from_cache)
		return;
	if (d->ahead == 0)
		(void)pg_drain(d->conn, patience(sql), NULL);
	else if (!d->over && (!d->has_first || d->first == 0))
		(void)pg_skip(d->conn, patience(sql), NULL);
	d->guarded = d->has_first = false;
	(void)pg_note(d, -1);
}

static uint64_t
pg_changed_rows(void *db, enum meta_sql sql)
{
	struct pg_db *d = db;

	(void)sql;
	return d->changed;
}

static int64_t
pg_get_int(void *db, enum meta_sql sql, int column)
{
	struct pg_db *d = db;

	(void)sql;
	return d->from_cache ? pg_cache_int(d->cache, column) : pg_int(d->conn, column);
}

static const void *
pg_get_bytes(void *db, enum meta_sql sql, int column, size_t *len)
{
	struct pg_db *d = db;

	(void)sql;
	return d->from_cache ? pg_cache_bytes(d->cache, column, len) :
			       pg_bytes(d->conn, column, len);
}

/* --- the backend ------------------------------------------------------------------------------- */

static int
pg_db_open(const char *uri, const char *folder, void **db, int *schema, struct err *err)
{
	struct pg_db *d = calloc(1, sizeof(*d));
	int rc;

	if (d == NULL || (d->cache = pg_cache_new()) == NULL ||
	    (d->link.uri = strdup(uri)) == NULL ||
	    (folder != NULL && (d->link.folder = strdup(folder)) == NULL)) {
		rc = err_set(err, META_ENOMEM, "no memory to open the database");
		goto out;
	}
	if ((rc = pg_link_open(d, schema, err)) != 0)
		goto out;
	*db = d;
	d = NULL;		/* now the caller's */
out:
	meta_postgresql.close(d);
	return rc;
}

static void
pg_db_close(void *db)
{
	struct pg_db *d = db;

	if (d == NULL)
		return;
	pg_link_close(d);
	pg_cache_free(d->cache);
	filter_sql_fini(&d->match);
	free(d->link.uri);
	free(d->link.folder);
	free(d);
}

const struct meta_backend meta_postgresql = {
	.open = pg_db_open,
	.close = pg_db_close,
	.reset = pg_db_reset,
	.begin = pg_db_begin,
	.commit = pg_db_commit,
	.rollback = pg_db_rollback,
	.outcome = pg_db_outcome,
	.retire = pg_db_retire,
	.watch = pg_db_watch,
	.copy_begin = pg_copy_begin,
	.copy_step = pg_copy_step,
	.copy_finish = pg_copy_finish,
	.copy_end = pg_copy_end,
	.start = pg_start,
	.next = pg_next_row,
	.done = pg_done,
	.soon = pg_soon,
	.ahead = pg_ahead,
	.ahead_end = pg_ahead_end,
	.changed = pg_changed_rows,
	.match = pg_db_match,
	.get_int = pg_get_int,
	.get_bytes = pg_get_bytes,
};
