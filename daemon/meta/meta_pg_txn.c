/*
 * meta_pg_txn.c - transactions on PostgreSQL, and what an uncertain commit is.
 *
 * Every transaction begins by taking the row of the epoch FOR SHARE, and goes no further when the
 * epoch is not ours.  Whoever takes the database over bumps the epoch FOR UPDATE, and so waits for
 * the transactions that are under way, also for one of ours whose connection is gone: after that its
 * outcome is final, and pg_xact_status tells it.
 */

#include <stdio.h>

#include "meta_pg.h"

static int64_t
epoch_of(struct pg_link *l, bool *fenced)
{
	int64_t epoch;

	pthread_mutex_lock(&l->lock);
	epoch = l->claim.epoch;
	*fenced = l->fenced;
	pthread_mutex_unlock(&l->lock);
	return epoch;
}

static int
say_fenced(struct pg_link *l, struct err *err)
{
	pthread_mutex_lock(&l->lock);
	l->fenced = true;
	pthread_mutex_unlock(&l->lock);
	return err_set(err, META_EUNAVAILABLE, "another coolvecd has taken the database over: nothing"
	    " can be written here until this one is restarted");
}

static void
undo(struct pg_db *d)
{
	(void)pg_drain(d->conn, PG_QUICK_MS, NULL);
	(void)pg_exec(d->conn, "ROLLBACK", NULL, 0, PG_QUICK_MS, NULL);
	d->soon = 0;
	d->in_txn = false;
	(void)pg_note(d, -1);
}

/* BEGIN, and the right to write, in one round trip. */
static int
try_begin(struct pg_db *d, struct err *err)
{
	struct meta_param epoch;
	struct pg_conn *c = d->conn;
	bool fenced;
	const char *xid;
	size_t len;
	int rc;

	epoch = param_int(epoch_of(&d->link, &fenced));
	if (fenced)
		return say_fenced(&d->link, err);
	if ((rc = pg_send(c, -1, "BEGIN", NULL, 0, false, err)) != 0 ||
	    (rc = pg_send(c, PG_NAME_EPOCH, "SELECT pg_current_xact_id()::text FROM state"
		" WHERE epoch = $1 FOR SHARE", &epoch, 1, false, err)) != 0 ||
	    (rc = pg_sync(c, err)) != 0 || (rc = pg_skip(c, PG_QUICK_MS, err)) != META_END)
		return rc;
	d->in_txn = true;
	if ((rc = pg_next(c, PG_QUICK_MS, err)) == 0) {
		xid = pg_bytes(c, 0, &len);
		snprintf(d->xid, sizeof(d->xid), "%.*s", (int)len, xid);
		(void)pg_skip(c, PG_QUICK_MS, NULL);
		return 0;
	}
	undo(d);
	return rc == META_END ? say_fenced(&d->link, err) : rc;
}

int
pg_db_begin(void *db, struct err *err)
{
	struct pg_db *d = db;
	int rc;

	for (int tries = 0;; tries++) {
		if ((rc = pg_link_use(d, err)) != 0)
			return rc;
		rc = try_begin(d, err);
		if (rc == 0 || tries > 0 || (d->conn != NULL && !pg_conn_broken(d->conn)))
			return pg_note(d, rc);
	}
}

void
pg_db_rollback(void *db)
{
	struct pg_db *d = db;

	if (d->in_txn)
		undo(d);
}

static int
uncertain(struct pg_db *d, uint64_t number, struct err *err)
{
	struct err why = *err;

	d->in_txn = false;
	d->soon = 0;
	pg_link_uncertain(d, number, d->xid);
	return err_set(err, META_EUNKNOWN, "a commit may have happened or not: %.200s", why.text);
}

int
pg_db_commit(void *db, uint64_t number, struct err *caller)
{
	struct pg_db *d = db;
	struct pg_conn *c = d->conn;
	struct err own = { 0 }, *err = caller != NULL ? caller : &own;
	size_t before = d->soon;
	int rc;

	err->text[0] = '\0';
	if ((rc = pg_send(c, -1, "COMMIT", NULL, 0, false, err)) != 0) {
		undo(d);	/* it did not go out, and ends with its connection */
		return rc;
	}
	if (pg_sync(c, err) != 0)
		return uncertain(d, number, err);
	for (rc = META_END; before > 0 && rc == META_END; before--)
		rc = pg_skip(c, PG_QUICK_MS, err);
	d->soon = 0;
	if (rc == META_END)
		rc = pg_skip(c, PG_QUICK_MS, err);
	if (pg_conn_broken(c))
		return uncertain(d, number, err);
	if (rc == META_END && !pg_undone(c)) {
		(void)pg_drain(c, PG_QUICK_MS, NULL);
		d->in_txn = false;
		(void)pg_note(d, -1);
		return 0;
	}
	if (rc == META_END)
		rc = err_set(err, META_EIO, "the database has undone the transaction");
	else if (rc > 0)
		rc = err_set(err, META_EIO, "the database refused a row that should have fitted");
	undo(d);
	return rc;
}

int
pg_db_outcome(void *db, uint64_t number, struct err *err)
{
	struct pg_db *d = db;
	struct pg_link *l = &d->link;
	enum pg_outcome is = PG_NOTHING;

	pthread_mutex_lock(&l->lock);
	for (size_t i = 0; i < PG_OUTCOMES; i++)
		if (l->outcomes[i].is != PG_NOTHING && l->outcomes[i].number == number)
			is = l->outcomes[i].is;
	pthread_mutex_unlock(&l->lock);
	if (is == PG_HAPPENED || is == PG_UNDONE)
		return is == PG_HAPPENED ? 0 : META_NONE;
	return err_set(err, META_EUNAVAILABLE,
	    "the database has not come back yet to tell what became of a commit");
}

int
pg_db_reset(void *db, struct err *err)
{
	struct pg_db *d = db;
	struct pg_claim claim;
	struct meta_param epoch;
	bool fenced;
	int rc;

	if ((rc = pg_db_begin(d, err)) != 0)
		return rc;
	epoch = param_int(epoch_of(&d->link, &fenced));
	if ((rc = pg_schema_reset(d->conn, &d->link, &epoch, &claim, err)) != 0) {
		undo(d);
		return rc;
	}
	if ((rc = pg_db_commit(d, 0, err)) != 0)
		return rc;
	pg_cache_touch(d->cache, SQL_COLLECTION_DROP, NULL, 0);
	pthread_mutex_lock(&d->link.lock);
	d->link.claim = claim;
	pthread_mutex_unlock(&d->link.lock);
	return pg_claim_note(&d->link, err);
}

int
pg_db_retire(void *db, struct err *err)
{
	struct pg_db *d = db;
	int rc;

	if ((rc = pg_db_begin(d, err)) != 0)
		return rc;
	if ((rc = pg_exec(d->conn, "UPDATE state SET moved = true", NULL, 0, PG_QUICK_MS, err)) == 0)
		return pg_db_commit(d, 0, err);
	undo(d);
	return rc;
}
