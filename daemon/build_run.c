/*
 * build_run.c - one build, from its claim on the collection to the end.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "build_private.h"
#include "log.h"

#define PIECES 256		/* of index work between two looks at whether to stop */
#define FEW 256			/* items that are left to the moment of the switch */
#define ROUNDS 8		/* of copying and indexing; then the rest is left to the moment */
#define EMBED_ROUNDS 64		/* of embedding what came meanwhile */
#define WAIT_NS (20 * 1000 * 1000)

bool
build_is_over(struct build *b)
{
	struct space *s = b->space;
	struct vec_error ve;

	if (b->code != WIRE_OK)
		return true;
	if (atomic_load(&b->bs->stopping)) {
		b->code = WIRE_UNAVAILABLE;
		err_set(&b->err, -1, "the daemon stops: it goes on at the next start");
	} else if (s != NULL && atomic_load(&s->dropped)) {
		b->code = WIRE_NOT_FOUND;
		err_set(&b->err, -1, "the collection was dropped meanwhile");
	} else if (s != NULL && spaces_is_lost(b->d->spaces, s, &ve)) {
		b->code = WIRE_INTERNAL;
		err_set(&b->err, -1, "%s", ve.message);
	} else if (s != NULL && atomic_load(&s->build.cancelled)) {
		b->code = WIRE_UNAVAILABLE;
		err_set(&b->err, -1, "it was given up");
	}
	return b->code != WIRE_OK;
}

int
build_fail_meta(struct build *b, int rc)
{
	b->code = call_code_meta(rc);
	b->away = rc == META_EUNAVAILABLE || rc == META_EUNKNOWN;
	if (rc == META_NONE)
		err_set(&b->err, rc, "the collection was dropped meanwhile");
	return -1;
}

int
build_fail_vec(struct build *b, int rc, const char *message)
{
	b->code = call_code_vec(rc);
	return err_set(&b->err, -1, "%s", message);
}

/* --- claiming a collection ------------------------------------------------------------------------ */

static int
hold(struct build *b)
{
	struct meta_collection info;
	int rc;

	if ((rc = meta_collection_get(b->d->meta, b->number, &info, &b->err)) == 0)
		rc = spaces_hold(b->d->spaces, &info, &b->space, &b->code, &b->err);
	if (rc == 0) {
		b->code = WIRE_OK;
		return 0;
	}
	return rc == META_NONE || b->code == WIRE_OK ? build_fail_meta(b, rc) : -1;
}

static void
let_go(struct build *b)
{
	spaces_release(b->d->spaces, b->space);
	b->space = NULL;
}

/* Hold the collection's present generation and be the one to build its next.  0 or -1. */
static int
claim(struct build *b)
{
	static const struct timespec pause = { .tv_nsec = WAIT_NS };
	bool busy;

	for (;;) {
		if (build_is_over(b))
			return -1;
		if (hold(b) != 0) {
			if (b->code != WIRE_BUSY)
				return -1;
			b->code = WIRE_OK;	/* no room to open it, for now */
			continue;
		}
		busy = false;
		if (atomic_compare_exchange_strong(&b->space->build.busy, &busy, true)) {
			if (!atomic_load(&b->space->retired))
				return 0;
			atomic_store(&b->space->build.busy, false);
		} else if (atomic_load(&b->space->build.kind) == BUILD_REINDEX &&
		    b->wish.kind == BUILD_COMPACT) {
			b->code = WIRE_BUSY;
			return err_set(&b->err, -1, "collection %s is being reindexed",
			    b->space->info.name);
		}
		let_go(b);
		nanosleep(&pause, NULL);
	}
}

static void
unclaim(struct build *b)
{
	struct space_build *sb = &b->space->build;

	uv_mutex_lock(&sb->lock);
	sb->noting = sb->lost = false;
	free(sb->gone);
	sb->gone = NULL;
	sb->ngone = sb->room = 0;
	snprintf(sb->note, sizeof(sb->note), "%s", b->code != WIRE_OK ? b->err.text : "");
	uv_mutex_unlock(&sb->lock);
	atomic_store(&sb->kind, BUILD_NONE);
	atomic_store(&sb->cancelled, false);
	atomic_store(&sb->busy, false);
}

/* --- building ------------------------------------------------------------------------------------- */

static int
grow_graph(struct build *b)
{
	struct vec_error ve;
	int rc = 1;

	while (rc == 1 && !build_is_over(b)) {
		rc = vec_index(b->next->vec, PIECES, &ve);
		if (build_drain(b) != 0)
			return -1;
	}
	if (rc < 0)
		return build_fail_vec(b, rc, ve.message);
	return rc == 0 ? 0 : -1;
}

/* Copy and index, each time what came meanwhile, until that is little. */
static int
catch_up(struct build *b)
{
	struct vec_error ve;
	size_t n = FEW + 1;
	int rc;

	for (int round = 0; round < ROUNDS && n > FEW; round++)
		if (build_copy(b, &n) != 0 || grow_graph(b) != 0)
			return -1;
	if ((rc = vec_checkpoint(b->next->vec, &ve)) != 0)
		return build_fail_vec(b, rc, ve.message);
	return build_copy(b, &n);
}

/* No index thread writes a checkpoint of the old generation while its files are replaced. */
static int
switch_alone(struct build *b)
{
	static const struct timespec pause = { .tv_nsec = WAIT_NS / 20 };
	struct space *s = b->space;
	bool free = false;
	int rc;

	while (!atomic_compare_exchange_weak(&s->indexing, &free, true)) {
		if (build_is_over(b))
			return -1;
		free = false;
		nanosleep(&pause, NULL);
	}
	rc = build_switch(b);
	atomic_store(&s->indexing, false);
	return rc;
}

/* As often as texts come that a service has to embed while nothing waits for it.  0 or -1. */
static int
switch_when_embedded(struct build *b)
{
	size_t n;
	int rc;

	for (int round = 0; (rc = switch_alone(b)) == 1; round++) {
		if (round == EMBED_ROUNDS) {
			b->code = WIRE_BUSY;
			return err_set(&b->err, -1, "texts come faster than the service embeds them:"
			    " ask again when fewer do; what is done is kept");
		}
		if (build_copy(b, &n) != 0)
			return -1;
	}
	return rc;
}

/* What nobody waits for: rows, room in the files.  A failure leaves it to the next time. */
static void
tidy(struct build *b)
{
	static const struct timespec pause = { .tv_nsec = WAIT_NS / 20 };
	enum wire_code code = b->code;
	struct vec_error ve;
	struct err err;

	if (vec_trim(b->next->vec, &ve) != 0)
		log_warn("collection %" PRIu64 ": %s", b->number, ve.message);
	if (build_sweep(b, b->info.generation - 1) != 0)
		log_warn("collection %" PRIu64 ": rows are not swept: %s", b->number, b->err.text);
	b->code = code;
	while (meta_trim(b->d->meta, &err) == 1 && !atomic_load(&b->bs->stopping))
		nanosleep(&pause, NULL);
}

static void
build(struct build *b)
{
	uint64_t began = metrics_clock();

	if (build_open(b) != 0)
		return;
	if (catch_up(b) != 0 || switch_when_embedded(b) != 0)
		return;
	log_info("collection %" PRIu64 " has generation %" PRIu64 ": %s %" PRIu32 " vectors in %.1f s",
	    b->number, b->info.generation, b->info.embeds ? "embedded" : "copied", b->end,
	    (double)(metrics_clock() - began) / 1e9);
	tidy(b);
}

void
build_run(struct build *b)
{
	if (claim(b) != 0)
		return;
	atomic_store(&b->space->build.kind, (int)b->wish.kind);
	build(b);
	unclaim(b);
}
