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
#include "space_open.h"
#include "space_private.h"

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
	space_room_init(ss);
	return ss;
fail:
	free(ss);
	return NULL;
}

static struct space *
find_locked(struct spaces *ss, uint64_t number)
{
	struct space *s = ss->bucket[number % SPACE_BUCKETS];

	while (s != NULL && s->number != number)
		s = s->next;
	return s;
}

static void
insert_locked(struct spaces *ss, struct space *s)
{
	struct space **bucket;

	s->number = s->info.number;
	bucket = &ss->bucket[s->number % SPACE_BUCKETS];
	s->next = *bucket;
	*bucket = s;
	ss->n++;
}

/* Out of the table, unless another has its place already. */
static void
remove_locked(struct spaces *ss, struct space *s)
{
	struct space **at = &ss->bucket[s->number % SPACE_BUCKETS];

	while (*at != NULL && *at != s)
		at = &(*at)->next;
	if (*at == s) {
		*at = s->next;
		ss->n--;
	}
	uv_cond_broadcast(&ss->changed);
}

/* Open a collection that is not in the table.  Lets go of the lock meanwhile.  NULL: see *rc. */
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
	ss->nopen++;
	uv_mutex_unlock(&ss->lock);
	*rc = space_open(ss->d, s, code, err);
	uv_mutex_lock(&ss->lock);
	if (*rc != 0) {
		ss->nopen--;
		remove_locked(ss, s);
		free(s);
		return NULL;
	}
	s->state = SPACE_OPEN;
	space_room_use_locked(ss, s);
	uv_cond_broadcast(&ss->changed);
	if (ss->d->indexer != NULL)
		indexer_kick(ss->d->indexer);	/* hnsw.index may wait to be read */
	return s;
}

/* The space, open.  Lets go of the lock meanwhile.  As spaces_hold. */
static int
get_locked(struct spaces *ss, const struct meta_collection *c, struct space **out,
    enum wire_code *code, struct err *err)
{
	uint64_t until = 0;
	int rc;

	for (;;) {
		if ((*out = find_locked(ss, c->number)) == NULL) {
			if ((rc = space_room_make_locked(ss, &until)) == 0) {
				*out = open_locked(ss, c, &rc, code, err);
				return rc;
			}
			if (rc < 0) {
				*code = WIRE_BUSY;
				return err_set(err, -1, "%u collections are open and all in use",
				    ss->nopen);
			}
		} else if ((*out)->state == SPACE_OPEN && !atomic_load(&(*out)->retired)) {
			return 0;
		} else {
			uv_cond_wait(&ss->changed, &ss->lock);
		}
	}
}

int
spaces_hold(struct spaces *ss, const struct meta_collection *c, struct space **out,
    enum wire_code *code, struct err *err)
{
	struct space *s;
	int rc;

	*out = NULL;
	uv_mutex_lock(&ss->lock);
	rc = get_locked(ss, c, &s, code, err);
	if (rc == 0 && atomic_load(&s->dropped)) {
		rc = META_NONE;
	} else if (rc == 0) {
		s->holders++;
		space_room_use_locked(ss, s);
		*out = s;
	}
	uv_mutex_unlock(&ss->lock);
	return rc;
}

void
space_close_locked(struct spaces *ss, struct space *s)
{
	s->state = SPACE_CLOSING;
	space_room_leave_locked(ss, s);
	uv_mutex_unlock(&ss->lock);
	space_close(ss->d, s);
	uv_mutex_lock(&ss->lock);
	ss->nopen--;
	remove_locked(ss, s);
	free(s);
}

static bool
is_over(const struct space *s)
{
	return s->holders == 0 && (atomic_load(&s->dropped) || atomic_load(&s->retired));
}

static void
let_go_locked(struct spaces *ss, struct space *s)
{
	if (--s->holders > 0)
		return;
	if (is_over(s))
		space_close_locked(ss, s);
	else
		space_room_tell_locked(ss);
}

void
spaces_release(struct spaces *ss, struct space *s)
{
	if (s == NULL)
		return;
	uv_mutex_lock(&ss->lock);
	if (!atomic_load(&s->retired))
		space_room_use_locked(ss, s);
	let_go_locked(ss, s);
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
	space_room_leave_locked(ss, s);
	if (next != NULL) {
		next->state = SPACE_OPEN;
		next->holders = 1;
		ss->nopen++;
		insert_locked(ss, next);
		space_room_use_locked(ss, next);
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

bool
spaces_is_lost(struct spaces *ss, struct space *s, struct vec_error *err)
{
	if (vec_lost(s->vec, err) == 0)
		return false;
	if (!atomic_exchange(&s->lost, true))
		log_error("collection %llu is closed, and opened anew at its next use: %s",
		    (unsigned long long)s->info.number, err->message);
	spaces_retire(ss, s);
	return true;
}

struct space *
spaces_next(struct spaces *ss, uint64_t after)
{
	struct space *best = NULL;

	uv_mutex_lock(&ss->lock);
	for (size_t i = 0; i < SPACE_BUCKETS; i++)
		for (struct space *s = ss->bucket[i]; s != NULL; s = s->next)
			if (s->state == SPACE_OPEN && s->number > after &&
			    !atomic_load(&s->dropped) &&
			    (best == NULL || s->number < best->number))
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
	let_go_locked(ss, s);
	uv_mutex_unlock(&ss->lock);
}

bool
spaces_close_idle(struct spaces *ss, int64_t seconds)
{
	int64_t now = daemon_clock();
	struct space *idle;

	uv_mutex_lock(&ss->lock);
	for (idle = ss->oldest; idle != NULL && idle->holders > 0;)
		idle = idle->newer;
	if (idle != NULL && now - idle->used < seconds)
		idle = NULL;	/* the others were used after it */
	if (idle != NULL)
		space_close_locked(ss, idle);
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
