/*
 * pool.c - one request on a connection at a time.
 *
 * The daemon closes connections when it stops, when they idle, and those that never showed a valid
 * token; a free connection whose socket has become readable is therefore dead.  It is looked at
 * once more right before it is used, so that a request is hardly ever sent into a connection that
 * is gone. Where that happens all the same, only what may be done twice is asked again.
 */

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>

#include "client.h"
#include "log.h"
#include "pool.h"

#define RETRY_MS 50
#define TRIES_MAX 3

struct link {
	struct client *client;	/* NULL: closed in this batch of events */
	struct exchange *x;	/* NULL: free */
	struct link *next;	/* of free or dead ones */
	struct link *all, **prev;
};

struct pool {
	const char *path;
	size_t max, n;		/* links */
	int epoll;
	void (*done)(struct exchange *x);
	struct link *free;	/* last used first */
	struct link *dead;	/* freed by the next tick: this batch may name them yet */
	struct link *links;	/* those that are not dead */
	struct exchange *first, **last;	/* waiting, oldest first */
	size_t busy;
	int64_t retry;		/* do not dial before; 0: dial at once */
	int64_t swept;
};

int64_t
pool_clock(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int
pool_new(const char *path, size_t max, int epoll, void (*done)(struct exchange *x),
    struct pool **out, struct err *err)
{
	struct pool *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return err_set(err, -1, "out of memory");
	p->path = path;
	p->max = max;
	p->epoll = epoll;
	p->done = done;
	p->last = &p->first;
	*out = p;
	return 0;
}

static void
finish(struct pool *p, struct exchange *x)
{
	p->busy--;
	p->done(x);
}

/* --- links --- */

static void
kill_link(struct pool *p, struct link *l)
{
	struct link **at = &p->free;

	client_close(l->client);
	l->client = NULL;
	while (*at != NULL && *at != l)
		at = &(*at)->next;
	if (*at == l)
		*at = l->next;
	*l->prev = l->all;
	if (l->all != NULL)
		l->all->prev = l->prev;
	l->next = p->dead;
	p->dead = l;
	p->n--;
}

static struct link *
dial(struct pool *p, int *rc, struct err *err)
{
	struct link *l = calloc(1, sizeof(*l));
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = l };

	*rc = CLIENT_ENOMEM;
	if (l == NULL) {
		err_set(err, *rc, "no memory for a connection");
		return NULL;
	}
	if ((*rc = client_open(p->path, &l->client, err)) != 0)
		goto fail;
	if (epoll_ctl(p->epoll, EPOLL_CTL_ADD, client_fd(l->client), &ev) != 0) {
		*rc = err_sys(err, CLIENT_ENOMEM, errno, "cannot watch a connection");
		goto fail;
	}
	l->all = p->links;
	l->prev = &p->links;
	if (p->links != NULL)
		p->links->prev = &l->all;
	p->links = l;
	p->n++;
	return l;
fail:
	client_close(l->client);
	free(l);
	return NULL;
}

/* A free link, or a new one; NULL with *rc 0 when none may be made now. */
static struct link *
get_link(struct pool *p, int *rc, struct err *err)
{
	struct link *l;

	*rc = 0;
	while ((l = p->free) != NULL) {
		p->free = l->next;
		l->next = NULL;
		if (client_alive(l->client))
			return l;
		kill_link(p, l);
	}
	if (p->n >= p->max || (p->retry != 0 && pool_clock() < p->retry))
		return NULL;
	if ((l = dial(p, rc, err)) != NULL)
		p->retry = 0;
	return l;
}

/* --- asking --- */

static void
enqueue(struct pool *p, struct exchange *x)
{
	x->next = NULL;
	*p->last = x;
	p->last = &x->next;
}

static struct exchange *
dequeue(struct pool *p)
{
	struct exchange *x = p->first;

	if ((p->first = x->next) == NULL)
		p->last = &p->first;
	return x;
}

/* Is it worth to ask again after the connection was lost? */
static bool
may_ask_again(const struct exchange *x)
{
	return ((x->route->flags & ROUTE_SAFE) != 0 || x->once) && x->tries < TRIES_MAX;
}

/* The connection was lost, or could not be had, while the exchange was on it. */
static void
fail(struct pool *p, struct exchange *x, int rc, bool sent, const struct err *err)
{
	if (rc == CLIENT_ELOST && (!sent || may_ask_again(x))) {
		x->give_up = pool_clock() + POOL_PATIENCE_MS;
		enqueue(p, x);
		return;
	}
	exchange_lost(x, rc, sent, err);
	finish(p, x);
}

/* The daemon cannot be reached: try later, and count the patience of all that wait from the first
 * time. */
static void
find_away(struct pool *p, const struct err *err)
{
	int64_t now = pool_clock();

	if (p->retry == 0) {
		log_warn("the daemon is away: %s", err->text);
		for (struct exchange *x = p->first; x != NULL; x = x->next)
			x->give_up = now + POOL_PATIENCE_MS;
	}
	p->retry = now + RETRY_MS;
}

/* Ask, for as many as can be asked now. */
static void
serve_queue(struct pool *p)
{
	while (p->first != NULL) {
		struct err err;
		int rc;
		struct link *l = get_link(p, &rc, &err);
		struct exchange *x;

		if (l == NULL && rc == CLIENT_ENONE)
			find_away(p, &err);
		if (l == NULL && (rc == 0 || rc == CLIENT_ENONE))
			return;
		x = dequeue(p);
		if (l == NULL) {
			fail(p, x, rc, false, &err);
			continue;
		}
		x->tries++;
		x->give_up = pool_clock() + POOL_ANSWER_MS;
		rc = client_send(l->client, x->route->op, x->token, x->args, &err);
		if (rc == 0) {
			l->x = x;
			continue;
		}
		if (rc == CLIENT_ELOST) {
			kill_link(p, l);
		} else {
			l->next = p->free;
			p->free = l;
		}
		fail(p, x, rc, rc == CLIENT_ELOST, &err);
	}
}

void
pool_submit(struct pool *p, struct exchange *x)
{
	p->busy++;
	x->give_up = pool_clock() + POOL_PATIENCE_MS;
	enqueue(p, x);
	if (p->first == x)	/* else those before it could not be asked either */
		serve_queue(p);
}

void
pool_event(struct pool *p, struct link *l)
{
	struct exchange *x = l->x;
	struct client_reply r;
	struct err err;
	int rc;

	if (l->client == NULL)
		return;
	if (x == NULL) {
		kill_link(p, l);
		return;
	}
	l->x = NULL;
	if ((rc = client_recv(l->client, &r, &err)) == 0) {
		l->next = p->free;
		p->free = l;
		exchange_answer(x, &r);
		client_reply_fini(&r);
		finish(p, x);
	} else {
		kill_link(p, l);
		fail(p, x, rc, true, &err);
	}
}

/* --- time --- */

static void
give_up_waiting(struct pool *p, int64_t now)
{
	struct err err;

	while (p->first != NULL && p->first->give_up <= now) {
		struct exchange *x = dequeue(p);

		err_set(&err, CLIENT_ENONE, "the daemon is away");
		exchange_lost(x, CLIENT_ENONE, x->tries > 0, &err);
		finish(p, x);
	}
}

static void
give_up_asked(struct pool *p, int64_t now)
{
	struct link *next;
	struct err err;

	for (struct link *l = p->links; l != NULL; l = next) {
		struct exchange *x = l->x;

		next = l->all;
		if (x == NULL || x->give_up > now)
			continue;
		err_set(&err, CLIENT_ENONE, "the daemon did not answer in time");
		l->x = NULL;
		kill_link(p, l);
		exchange_lost(x, CLIENT_ENONE, true, &err);
		finish(p, x);
	}
}

void
pool_tick(struct pool *p)
{
	struct link *l;
	int64_t now;

	while ((l = p->dead) != NULL) {
		p->dead = l->next;
		free(l);
	}
	if (p->busy == 0)
		return;
	serve_queue(p);
	if ((now = pool_clock()) < p->swept + RETRY_MS)
		return;
	p->swept = now;
	/* A full pool is no absent daemon: what waits for a turn waits as long as an answer may
	 * take. */
	if (p->retry != 0)
		give_up_waiting(p, now);
	give_up_asked(p, now);
}

int
pool_wait(const struct pool *p)
{
	return p->first != NULL ? RETRY_MS : p->busy > 0 ? 1000 : -1;
}

size_t
pool_busy(const struct pool *p)
{
	return p->busy;
}

void
pool_abandon(struct pool *p)
{
	if (p->retry == 0)
		p->retry = 1;
	give_up_waiting(p, INT64_MAX);
	give_up_asked(p, INT64_MAX);
}

void
pool_free(struct pool *p)
{
	if (p == NULL)
		return;
	while (p->links != NULL)
		kill_link(p, p->links);
	p->busy = 0;
	pool_tick(p);
	free(p);
}
