/*
 * space.c - who has which collection open.
 *
 * One lock guards the table.  Opening reads files and rows, so it is done without the lock: the space
 * stands in the table as OPENING meanwhile, and others who want it wait for the condition.  Closing
 * is the same the other way round, so that no collection is ever open twice.
 */

#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "indexer.h"
#include "log.h"
#include "space.h"
#include "space_open.h"

#define BUCKETS 1024

struct spaces {
	struct daemon *d;
	uv_mutex_t lock;	/* guards all below and the fields of spaces that say so */
	uv_cond_t changed;	/* a space became open, or went */
	struct space *bucket[BUCKETS];
	unsigned n;
};

struct spaces *
spaces_new(struct daemon *d)
{
	struct spaces *ss = calloc(1, sizeof(*ss));

	if (ss == NULL)
		return NULL;
	ss->d = d;
	if (uv_mutex_init(&ss->lock) != 0)
		goto fail;
	if (uv_cond_init(&ss->changed) != 0) {
		uv_mutex_destroy(&ss->lock);
		goto fail;
	}
	return ss;
fail:
	free(ss);
	return NULL;
}

static struct space *
find_locked(struct spaces *ss, uint64_t number)
{
	struct space *s = ss->bucket[number % BUCKETS];

	while (s != NULL && s->info.number != number)
		s = s->next;
	return s;
}

static void
insert_locked(struct spaces *ss, struct space *s)
{
	struct space **bucket = &ss->bucket[s->info.number % BUCKETS];

	s->next = *bucket;
	*bucket = s;
	ss->n++;
}

/* Out of the table, unless another has its place already. */
static void
remove_locked(struct spaces *ss, struct space *s)
{
	struct space **at = &ss->bucket[s->info.number % BUCKETS];

	while (*at != NULL && *at != s)
		at = &(*at)->next;
	if (*at == s) {
		*at = s->next;
		ss->n--;
	}
	uv_cond_broadcast(&ss->changed);
}

/* Open a collection that is not in the table; the lock is held, and let go meanwhile.  NULL: see *rc. */
static struct space *
open_locked(struct spaces *ss, const struct meta_collection *c, int *rc, enum wire_code *code,
    struct err *err)
{
	struct space *s = calloc(1, sizeof(*s));

	if (s == NULL) {
		*code = WIRE_INTERNAL;
		*rc = err_set(err, -1, "no memory to open collection %s", c->name);
		return NULL;
	}
	s->info = *c;
	s->state = SPACE_OPENING;
	insert_locked(ss, s);
	uv_mutex_unlock(&ss->lock);
	*rc = space_open(ss->d, s, code, err);
	uv_mutex_lock(&ss->lock);
	if (*rc != 0) {
		remove_locked(ss, s);
		free(s);
		return NULL;
	}
	s->state = SPACE_OPEN;
	uv_cond_broadcast(&ss->changed);
	if (ss->d->indexer != NULL)
		indexer_kick(ss->d->indexer);	/* hnsw.index may wait to be read */
	return s;
}

int
spaces_hold(struct spaces *ss, const struct meta_collection *c, struct space **out,
    enum wire_code *code, struct err *err)
{
	struct space *s;
	int rc = 0;

	*out = NULL;
	uv_mutex_lock(&ss->lock);
	while ((s = find_locked(ss, c->number)) != NULL &&
	    (s->state != SPACE_OPEN || atomic_load(&s->retired)))
		uv_cond_wait(&ss->changed, &ss->lock);
	if (s == NULL)
		s = open_locked(ss, c, &rc, code, err);
	if (s != NULL && atomic_load(&s->dropped)) {
		rc = META_NONE;
	} else if (s != NULL) {
		s->holders++;
		s->used = daemon_clock();
		*out = s;
	}
	uv_mutex_unlock(&ss->lock);
	return rc;
}

/* Close a space that nobody holds; the lock is held, and let go meanwhile. */
static void
close_locked(struct spaces *ss, struct space *s)
{
	s->state = SPACE_CLOSING;
	uv_mutex_unlock(&ss->lock);
	space_close(ss->d, s);
	uv_mutex_lock(&ss->lock);
	remove_locked(ss, s);
	free(s);
}

static bool
is_over(const struct space *s)
{
	return s->holders == 0 && (atomic_load(&s->dropped) || atomic_load(&s->retired));
}

void
spaces_release(struct spaces *ss, struct space *s)
{
	if (s == NULL)
		return;
	uv_mutex_lock(&ss->lock);
	s->used = daemon_clock();
	s->holders--;
	if (is_over(s))
		close_locked(ss, s);
	uv_mutex_unlock(&ss->lock);
}

void
spaces_retire(struct spaces *ss, struct space *s)
{
	uv_mutex_lock(&ss->lock);
	atomic_store(&s->retired, true);
	uv_mutex_unlock(&ss->lock);
}

void
spaces_replace(struct spaces *ss, struct space *s, struct space *next)
{
	uv_mutex_lock(&ss->lock);
	remove_locked(ss, s);
	if (next != NULL) {
		next->state = SPACE_OPEN;
		next->holders = 1;
		next->used = s->used;
		insert_locked(ss, next);
	}
	uv_mutex_unlock(&ss->lock);
}

void
spaces_take_back(struct spaces *ss, struct space *s)
{
	uv_mutex_lock(&ss->lock);
	atomic_store(&s->retired, false);
	uv_cond_broadcast(&ss->changed);
	uv_mutex_unlock(&ss->lock);
}

struct space *
spaces_next(struct spaces *ss, uint64_t after)
{
	struct space *best = NULL;

	uv_mutex_lock(&ss->lock);
	for (size_t i = 0; i < BUCKETS; i++)
		for (struct space *s = ss->bucket[i]; s != NULL; s = s->next)
			if (s->state == SPACE_OPEN && s->info.number > after &&
			    !atomic_load(&s->dropped) &&
			    (best == NULL || s->info.number < best->info.number))
				best = s;
	if (best != NULL)
		best->holders++;
	uv_mutex_unlock(&ss->lock);
	return best;
}

void
spaces_unhold(struct spaces *ss, struct space *s)
{
	uv_mutex_lock(&ss->lock);
	s->holders--;
	if (is_over(s))
		close_locked(ss, s);
	uv_mutex_unlock(&ss->lock);
}

bool
spaces_close_idle(struct spaces *ss, int64_t seconds)
{
	int64_t now = daemon_clock();
	struct space *idle = NULL;

	uv_mutex_lock(&ss->lock);
	for (size_t i = 0; i < BUCKETS && idle == NULL; i++)
		for (struct space *s = ss->bucket[i]; s != NULL && idle == NULL; s = s->next)
			if (s->state == SPACE_OPEN && s->holders == 0 && now - s->used >= seconds)
				idle = s;
	if (idle != NULL)
		close_locked(ss, idle);
	uv_mutex_unlock(&ss->lock);
	return idle != NULL;
}

unsigned
spaces_count(struct spaces *ss)
{
	unsigned n;

	uv_mutex_lock(&ss->lock);
	n = ss->n;
	uv_mutex_unlock(&ss->lock);
	return n;
}

void
spaces_free(struct spaces *ss)
{
	if (ss == NULL)
		return;
	while (spaces_close_idle(ss, 0))
		;
	uv_cond_destroy(&ss->changed);
	uv_mutex_destroy(&ss->lock);
	free(ss);
}
