/*
 * space_room.c - how many collections are open at once.
 *
 * An open collection costs two descriptors and 8 GiB of address space, so COOLVEC_MAX_OPEN of them are
 * open and no more than an eighth, and one for each index thread, beyond that.  Whoever opens one too
 * many closes another first: one that has not been used for long, nobody holds, and that costs no
 * writing to close.  When none of the oldest is such, the index threads are asked to save and close
 * some, and the opening goes on; at the hard bound the opener saves and closes one itself, or waits
 * until somebody lets go.
 *
 * One exact order of last use is kept in a list.  Sampling instead, or a clock's hand, would save the
 * moving of a few pointers under a lock that is held anyway.
 *
 * A tenth of the descriptors at most are for this: with the eighth more, two each, that is the quarter
 * that the server leaves to collections.
 */

#include <sys/resource.h>

#include "indexer.h"
#include "space_private.h"

#define LOOK 8			/* of the oldest that nobody holds */
#define PENDING_MAX 16384	/* slots of index work that a closing would put off */
#define DESCRIPTORS_SHARE 10
#define WAIT_NS (10ull * 1000 * 1000 * 1000)

enum cost { CLEAN, UNSAVED, DEAR };

void
space_room_init(struct spaces *ss)
{
	const struct settings *settings = ss->d->settings;
	uint64_t max = settings->max_open;
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) == 0 && r.rlim_cur != RLIM_INFINITY &&
	    max > r.rlim_cur / DESCRIPTORS_SHARE)
		max = r.rlim_cur / DESCRIPTORS_SHARE;
	ss->max = max > 0 ? (unsigned)max : 1;
	ss->hard = ss->max + ss->max / 8 + (unsigned)settings->index_threads;
}

void
space_room_leave_locked(struct spaces *ss, struct space *s)
{
	if (s->older != NULL)
		s->older->newer = s->newer;
	else if (ss->oldest == s)
		ss->oldest = s->newer;
	if (s->newer != NULL)
		s->newer->older = s->older;
	else if (ss->newest == s)
		ss->newest = s->older;
	s->older = s->newer = NULL;
}

void
space_room_use_locked(struct spaces *ss, struct space *s)
{
	s->used = daemon_clock();
	if (ss->newest == s)
		return;
	space_room_leave_locked(ss, s);
	s->older = ss->newest;
	if (ss->newest != NULL)
		ss->newest->newer = s;
	else
		ss->oldest = s;
	ss->newest = s;
}

void
space_room_tell_locked(struct spaces *ss)
{
	if (ss->waiting > 0)
		uv_cond_broadcast(&ss->changed);
}

/* A long tail would be scanned by searches once more from the next opening on. */
static enum cost
cost_of(const struct space *s)
{
	struct vec_stats st;

	vec_stats(s->vec, &st);
	if (st.read_only || (uint64_t)st.tail + st.unlinking > PENDING_MAX)
		return DEAR;
	return st.unsaved ? UNSAVED : CLEAN;
}

/* The cheapest of the oldest, the older of two that are as cheap; none that costs more than `most`. */
static struct space *
pick_locked(struct spaces *ss, enum cost most)
{
	struct space *best = NULL;
	enum cost best_cost = DEAR, cost;
	unsigned looked = 0;

	for (struct space *s = ss->oldest; s != NULL && looked < LOOK; s = s->newer) {
		if (s->holders > 0)
			continue;
		looked++;
		cost = cost_of(s);
		if (cost <= most && (best == NULL || cost < best_cost)) {
			best = s;
			best_cost = cost;
		}
	}
	return best;
}

int
space_room_make_locked(struct spaces *ss, uint64_t *until)
{
	bool full = ss->nopen >= ss->hard;
	struct space *s;
	uint64_t now;

	if (ss->nopen < ss->max)
		return 0;
	if ((s = pick_locked(ss, full ? DEAR : CLEAN)) != NULL) {
		space_close_locked(ss, s);
		return 1;
	}
	if (!full) {
		indexer_kick(ss->d->indexer);
		return 0;
	}
	now = uv_hrtime();
	if (*until == 0)
		*until = now + WAIT_NS;
	if (now >= *until)
		return -1;
	ss->waiting++;
	(void)uv_cond_timedwait(&ss->changed, &ss->lock, *until - now);
	ss->waiting--;
	return 1;
}

bool
spaces_close_over(struct spaces *ss)
{
	struct space *s = NULL;

	uv_mutex_lock(&ss->lock);
	if (ss->nopen > ss->max && (s = pick_locked(ss, UNSAVED)) != NULL)
		space_close_locked(ss, s);
	uv_mutex_unlock(&ss->lock);
	return s != NULL;
}
