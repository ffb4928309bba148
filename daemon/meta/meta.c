/*
 * meta.c - opening by URI, and transactions.
 *
 * There is one connection and one lock.  A read holds the lock for its own length, a transaction
 * from its beginning to its end, so that a read never sees half of one.  Readers beside a writer
 * would take a second connection, and SQLite 3.40 can lose a commit when its log is reset between
 * two (the WAL-reset bug); what they would gain is the length of a commit's fsync.
 */

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "meta_db.h"
#include "meta_uri.h"

void
meta_lock(struct meta *m)
{
	int rc = pthread_mutex_lock(&m->lock);

	assert(rc == 0);
	(void)rc;
}

void
meta_unlock(struct meta *m)
{
	int rc = pthread_mutex_unlock(&m->lock);

	assert(rc == 0);
	(void)rc;
}

/* The backend that `uri` asks for, or NULL.  No sentence has the URI: it may hold a password. */
static const struct meta_backend *
backend_of(const char *uri, struct err *err)
{
	if (uri == NULL)
		return &meta_sqlite;
	if (strncmp(uri, "postgresql://", 13) == 0 || strncmp(uri, "postgres://", 11) == 0)
		return &meta_postgresql;
	err_set(err, META_EUNAVAILABLE,
	    "DB_URI is not postgresql://...; unset it to use SQLite");
	return NULL;
}

static int
lock_init(pthread_mutex_t *lock, struct err *err)
{
	pthread_mutexattr_t attr;
	int no;

	if ((no = pthread_mutexattr_init(&attr)) != 0)
		return err_sys(err, META_ENOMEM, no, "metadata: cannot make a lock");
	if ((no = pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_ERRORCHECK)) == 0)
		no = pthread_mutex_init(lock, &attr);
	pthread_mutexattr_destroy(&attr);
	return no == 0 ? 0 : err_sys(err, META_ENOMEM, no, "metadata: cannot make a lock");
}

static bool
is_there(const char *folder, const char *name)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return access(path, F_OK) == 0;
}

/* A folder whose metadata is in one place is not to get a second, empty one in the other. */
int
meta_open(const char *uri, const char *folder, struct meta **out, struct err *err)
{
	*out = NULL;
	if (uri == NULL && is_there(folder, META_NOTE))
		return err_set(err, META_EUNAVAILABLE, "the metadata of %s is in PostgreSQL: set DB_URI, or"
		    " move it with coolvecd --move-metadata", folder);
	if (uri != NULL && is_there(folder, "meta.db"))
		return err_set(err, META_EUNAVAILABLE, "DB_URI is set, and there is %s/meta.db: unset it, or"
		    " move the metadata with coolvecd --move-metadata", folder);
	return meta_open_unbound(uri, folder, out, err);
}

int
meta_open_unbound(const char *uri, const char *folder, struct meta **out, struct err *err)
{
	const struct meta_backend *backend;
	struct meta *m;
	int rc;

	*out = NULL;
	if ((backend = backend_of(uri, err)) == NULL)
		return META_EUNAVAILABLE;
	if ((m = calloc(1, sizeof(*m))) == NULL)
		return err_set(err, META_ENOMEM, "no memory to open the metadata");
	m->backend = backend;
	m->txn.m = m;
	if ((rc = lock_init(&m->lock, err)) != 0)
		goto fail;
	if ((rc = backend->open(uri, folder, &m->db, &m->schema, err)) != 0) {
		pthread_mutex_destroy(&m->lock);
		goto fail;
	}
	*out = m;
	return 0;
fail:
	free(m);
	return rc;
}

void
meta_close(struct meta *m)
{
	if (m == NULL)
		return;
	m->backend->close(m->db);
	pthread_mutex_destroy(&m->lock);
	free(m);
}

int
meta_schema(const struct meta *m)
{
	return m->schema;
}

/* May there be a write?  The lock is held. */
static int
check_writable_locked(const struct meta *m, struct err *err)
{
	if (!m->unknown)
		return 0;
	return err_set(err, META_EUNAVAILABLE,
	    "metadata: nothing can be written since a commit failed with an unknown outcome; "
	    "restart to go on");
}

int
meta_reset(struct meta *m, struct err *err)
{
	int rc;

	meta_lock(m);
	if ((rc = check_writable_locked(m, err)) == 0)
		rc = m->backend->reset(m->db, err);
	if (rc == META_EUNKNOWN && m->backend->outcome == NULL)
		m->unknown = true;
	meta_unlock(m);
	return rc;
}

int
meta_begin(struct meta *m, struct meta_txn **out, struct err *err)
{
	int rc;

	*out = NULL;
	meta_lock(m);
	if ((rc = check_writable_locked(m, err)) != 0 ||
	    (rc = m->backend->begin(m->db, err)) != 0) {
		meta_unlock(m);
		return rc;
	}
	m->txn.failed = 0;
	m->txn.number++;
	*out = &m->txn;
	return 0;
}

int
meta_commit(struct meta_txn *t, struct err *err)
{
	struct meta *m = t->m;
	int rc;

	if ((rc = t->failed) != 0) {
		m->backend->rollback(m->db);
		err_set(err, rc, "the transaction was undone because something in it had failed");
	} else {
		rc = m->backend->commit(m->db, t->number, err);
	}
	if (rc == META_EUNKNOWN && m->backend->outcome == NULL)
		m->unknown = true;
	meta_unlock(m);
	return rc;
}

void
meta_rollback(struct meta_txn *t)
{
	if (t == NULL)
		return;
	t->m->backend->rollback(t->m->db);
	meta_unlock(t->m);
}

uint64_t
meta_txn_number(const struct meta_txn *t)
{
	return t->number;
}

int
meta_outcome(struct meta *m, uint64_t number, struct err *err)
{
	if (m->backend->outcome != NULL)
		return m->backend->outcome(m->db, number, err);
	return err_set(err, META_EUNAVAILABLE, "metadata: what became of a commit is not known");
}

void
meta_watch(struct meta *m, void (*back)(void *arg), void *arg)
{
	if (m->backend->watch != NULL)
		m->backend->watch(m->db, back, arg);
}
