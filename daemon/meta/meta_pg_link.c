/*
 * meta_pg_link.c - the connection and the thread that replaces it.
 *
 * Whoever uses the connection and finds it broken closes it and goes on without: answers are
 * META_EUNAVAILABLE at once from then on.  Meanwhile a thread of its own tries to connect, so that
 * nobody waits for a server that does not answer; when it has a connection it makes the database ours
 * again (meta_pg_claim.c) and leaves it to be taken by the next who wants one.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "file.h"
#include "log.h"
#include "meta_pg.h"

#define GRACE_MS 300		/* a backend that was killed is replaced within */
#define DELAY_LEAST_MS 50	/* between two tries; doubles */
#define DELAY_MOST_MS 1000

static void
deadline_in(struct timespec *t, long ms)
{
	clock_gettime(CLOCK_MONOTONIC, t);
	t->tv_nsec += ms % 1000 * 1000000;
	t->tv_sec += ms / 1000 + t->tv_nsec / 1000000000;
	t->tv_nsec %= 1000000000;
}

/* --- the thread -------------------------------------------------------------------------------- */

/* One try, without the lock. */
static int
try_once(struct pg_link *l, struct pg_conn **c, struct err *err)
{
	int rc;

	if ((rc = pg_conn_open(l->uri, c, err)) != 0)
		return rc;
	if ((rc = pg_claim(l, *c, false, err)) != 0) {
		pg_conn_close(*c);
		*c = NULL;
		return rc;
	}
	(void)pg_claim_note(l, NULL);	/* what is noted now is older, and good too */
	return 0;
}

/* Leave the new connection to be taken, or wait before the next try. */
static void
tried_locked(struct pg_link *l, struct pg_conn *c, long *delay)
{
	struct timespec until;

	l->tries++;
	pthread_cond_broadcast(&l->changed);
	if (c != NULL) {
		log_info("the database is back%s", l->fenced ?
		    ", and another coolvecd has it: nothing can be written" : "");
		l->ready = c;
		l->wanted = false;
		*delay = DELAY_LEAST_MS;
		if (l->back != NULL)
			l->back(l->back_arg);
		return;
	}
	if (*delay == DELAY_LEAST_MS)
		log_warn("%s", l->why.text);
	deadline_in(&until, *delay);
	*delay = *delay * 2 > DELAY_MOST_MS ? DELAY_MOST_MS : *delay * 2;
	while (!l->stopping && pthread_cond_timedwait(&l->changed, &l->lock, &until) != ETIMEDOUT)
		;
}

static void *
link_main(void *arg)
{
	struct pg_link *l = arg;
	long delay = DELAY_LEAST_MS;

	pthread_mutex_lock(&l->lock);
	while (!l->stopping) {
		struct pg_conn *c = NULL;
		struct err why = { 0 };

		if (!l->wanted) {
			pthread_cond_wait(&l->changed, &l->lock);
			continue;
		}
		pthread_mutex_unlock(&l->lock);
		(void)try_once(l, &c, &why);
		pthread_mutex_lock(&l->lock);
		l->why = why;
		tried_locked(l, c, &delay);
	}
	pthread_mutex_unlock(&l->lock);
	return NULL;
}

/* --- open and close ---------------------------------------------------------------------------- */

static int
start_thread(struct pg_link *l, struct err *err)
{
	int no = pthread_create(&l->thread, NULL, link_main, l);

	if (no != 0)
		return err_sys(err, META_ENOMEM, no, "metadata: cannot start a thread");
	l->started = true;
	return 0;
}

static void
make_holder(char *to, size_t size)
{
	unsigned char bytes[16];

	file_random(bytes, sizeof(bytes));
	for (size_t i = 0; i < sizeof(bytes) && 2 * i + 2 < size; i++)
		snprintf(to + 2 * i, size - 2 * i, "%02x", bytes[i]);
}

static void
init_lock(struct pg_link *l)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_mutex_init(&l->lock, NULL);
	pthread_cond_init(&l->changed, &attr);
	pthread_condattr_destroy(&attr);
	l->inited = true;
}

int
pg_link_open(struct pg_db *d, int *schema, struct err *err)
{
	struct pg_link *l = &d->link;
	int rc;

	init_lock(l);
	make_holder(l->holder, sizeof(l->holder));
	if ((rc = pg_conn_open(l->uri, &d->conn, err)) != 0 ||
	    (rc = pg_schema_prepare(d->conn, schema, err)) != 0 ||
	    (rc = pg_claim(l, d->conn, true, err)) != 0 || (rc = pg_claim_note(l, err)) != 0)
		return rc;
	return start_thread(l, err);
}

void
pg_link_close(struct pg_db *d)
{
	struct pg_link *l = &d->link;

	if (l->started) {
		pthread_mutex_lock(&l->lock);
		l->stopping = true;
		pthread_cond_broadcast(&l->changed);
		pthread_mutex_unlock(&l->lock);
		pthread_join(l->thread, NULL);
	}
	pg_conn_close(l->ready);
	pg_conn_close(d->conn);
	if (l->inited) {
		pthread_cond_destroy(&l->changed);
		pthread_mutex_destroy(&l->lock);
	}
}

void
pg_db_watch(void *db, void (*back)(void *arg), void *arg)
{
	struct pg_db *d = db;

	pthread_mutex_lock(&d->link.lock);
	d->link.back = back;
	d->link.back_arg = arg;
	pthread_mutex_unlock(&d->link.lock);
}

/* --- use --------------------------------------------------------------------------------------- */

void
pg_link_lost(struct pg_db *d)
{
	struct pg_link *l = &d->link;

	log_warn("the connection to the database is lost");
	pg_conn_close(d->conn);
	d->conn = NULL;
	d->ahead = d->soon = 0;
	pthread_mutex_lock(&l->lock);
	l->wanted = true;
	l->tries_then = l->tries;
	deadline_in(&l->grace, GRACE_MS);
	pthread_cond_broadcast(&l->changed);
	pthread_mutex_unlock(&l->lock);
}

void
pg_link_uncertain(struct pg_db *d, uint64_t number, const char *xid)
{
	struct pg_link *l = &d->link;

	pthread_mutex_lock(&l->lock);
	l->newest = (l->newest + 1) % PG_OUTCOMES;
	l->outcomes[l->newest].number = number;
	l->outcomes[l->newest].is = PG_UNCERTAIN;
	snprintf(l->xid, sizeof(l->xid), "%s", xid);
	pthread_mutex_unlock(&l->lock);
	pg_link_lost(d);
}

int
pg_link_use(struct pg_db *d, struct err *err)
{
	struct pg_link *l = &d->link;
	int rc = 0;

	if (d->conn != NULL && pg_conn_idle_check(d->conn))
		return 0;
	if (d->conn != NULL)
		pg_link_lost(d);
	pthread_mutex_lock(&l->lock);
	while (l->ready == NULL && l->tries == l->tries_then && !l->stopping &&
	    pthread_cond_timedwait(&l->changed, &l->lock, &l->grace) != ETIMEDOUT)
		;
	d->conn = l->ready;
	l->ready = NULL;
	if (d->conn == NULL)
		rc = err_set(err, META_EUNAVAILABLE, "%s", l->why.text[0] != '\0' ? l->why.text :
		    "the database cannot be reached");
	pthread_mutex_unlock(&l->lock);
	return rc;
}
