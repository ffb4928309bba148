/*
 * meta_db.c - running a statement and reading its rows, over whichever backend is open.
 *
 * A failure inside a transaction decides its end: databases differ in what they undo by themselves
 * then (SQLite may have rolled back all of it, and the next statement would run, and be committed,
 * outside of any transaction), so nothing more runs in it and meta_commit turns it down.
 */

#include <stdlib.h>

#include "meta_db.h"

int
db_note(struct meta_txn *t, int rc)
{
	if (rc < 0 && t->failed == 0)
		t->failed = rc;
	return rc;
}

static int
start(struct meta_txn *t, enum meta_sql sql, const struct meta_param *p, size_t n,
    struct err *err)
{
	struct meta *m = t->m;

	if (t->failed != 0)
		return err_set(err, t->failed, "the transaction has failed already");
	return m->backend->start(m->db, sql, p, n, err);
}

int
db_exec(struct meta_txn *t, enum meta_sql sql, const struct meta_param *p, size_t n,
    int none, struct err *err)
{
	struct meta *m = t->m;
	int rc;

	if ((rc = start(t, sql, p, n, err)) != 0)
		goto out;
	if ((rc = m->backend->next(m->db, sql, err)) != META_END)
		goto out;
	rc = m->backend->changed(m->db, sql) == 0 ? none : 0;
out:
	db_done(m, sql);
	return db_note(t, rc);
}

int
db_soon(struct meta_txn *t, enum meta_sql sql, const struct meta_param *p, size_t n,
    struct err *err)
{
	struct meta *m = t->m;
	int rc;

	if (m->backend->soon == NULL)
		rc = db_exec(t, sql, p, n, 0, err);
	else if (t->failed != 0)
		rc = err_set(err, t->failed, "the transaction has failed already");
	else
		rc = m->backend->soon(m->db, sql, p, n, err);
	if (rc > 0)
		rc = err_set(err, META_EIO, "the metadata has a row already where a new one was to go");
	return db_note(t, rc);
}

void
db_ahead(struct meta *m, enum meta_sql sql, const struct meta_param *p, size_t n, size_t times)
{
	if (m->backend->ahead != NULL && times > 1)
		m->backend->ahead(m->db, sql, p, n, times);
}

void
db_ahead_end(struct meta *m)
{
	if (m->backend->ahead_end != NULL)
		m->backend->ahead_end(m->db);
}

int
db_insert(struct meta_txn *t, enum meta_sql sql, const struct meta_param *p, size_t n,
    uint64_t *number, struct err *err)
{
	struct meta *m = t->m;
	int rc;

	if ((rc = start(t, sql, p, n, err)) != 0)
		goto out;
	if ((rc = m->backend->next(m->db, sql, err)) != 0) {
		rc = rc == META_END ? META_EXISTS : rc;
		goto out;
	}
	*number = db_u64(m, sql, 0);
	/* References are checked at the very end, after the row was given. */
	if ((rc = m->backend->next(m->db, sql, err)) == META_END)
		rc = 0;
out:
	db_done(m, sql);
	return db_note(t, rc);
}

int
db_query(struct meta *m, enum meta_sql sql, const struct meta_param *p, size_t n,
    struct err *err)
{
	int rc;

	if ((rc = m->backend->start(m->db, sql, p, n, err)) != 0)
		return rc;
	return m->backend->next(m->db, sql, err);
}

int
db_next(struct meta *m, enum meta_sql sql, struct err *err)
{
	return m->backend->next(m->db, sql, err);
}

void
db_done(struct meta *m, enum meta_sql sql)
{
	m->backend->done(m->db, sql);
}

int64_t
db_int(struct meta *m, enum meta_sql sql, int column)
{
	return m->backend->get_int(m->db, sql, column);
}

uint64_t
db_u64(struct meta *m, enum meta_sql sql, int column)
{
	return (uint64_t)db_int(m, sql, column);
}

int
db_copy(struct meta *m, enum meta_sql sql, int column, char *to, size_t size, struct err *err)
{
	const void *p;
	size_t len;

	p = m->backend->get_bytes(m->db, sql, column, &len);
	if (p == NULL || len >= size)
		return err_set(err, META_ECORRUPT,
		    "metadata: column %d of a row is %s", column, p ? "too long" : "missing");
	memcpy(to, p, len);
	to[len] = '\0';
	return 0;
}

int
db_dup(struct meta *m, enum meta_sql sql, int column, char **out, size_t *len, struct err *err)
{
	const void *p;
	size_t n;

	*out = NULL;
	p = m->backend->get_bytes(m->db, sql, column, &n);
	if (len != NULL)
		*len = p ? n : 0;
	if (p == NULL)
		return 0;
	if ((*out = malloc(n + 1)) == NULL)
		return err_set(err, META_ENOMEM, "no memory for %zu bytes of metadata", n);
	memcpy(*out, p, n);
	(*out)[n] = '\0';
	return 0;
}
