/*
 * build_open.c - what a build begins with, or goes on from.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "build_private.h"
#include "file.h"
#include "generation.h"
#include "log.h"
#include "space_open.h"

#define SWEEP 4096	/* rows removed in a transaction */
#define WALK 4096	/* rows read at once */
#define PAUSE_NS (500 * 1000)	/* for those who wait for the metadata */

/* --- removing what is left of other builds -------------------------------------------------------- */

int
build_sweep(struct build *b, uint64_t generation)
{
	static const struct timespec pause = { .tv_nsec = PAUSE_NS };
	int rc = 1;

	while (rc == 1) {
		struct meta_txn *t = NULL;
		int swept;

		if ((rc = meta_begin(b->d->meta, &t, &b->err)) != 0)
			return build_fail_meta(b, rc);
		swept = meta_slots_sweep(t, b->number, generation, SWEEP, &b->err);
		if (swept < 0)
			meta_rollback(t);
		else if ((rc = meta_commit(t, &b->err)) == 0)
			rc = swept;
		if (swept < 0 || rc < 0)
			return build_fail_meta(b, swept < 0 ? swept : rc);
		if (rc == 1) {
			if (build_is_over(b))
				return -1;
			nanosleep(&pause, NULL);
		}
	}
	return 0;
}

/* The folder and the rows of the generation that is to be built. */
static int
remove_leftovers(struct build *b, uint64_t generation)
{
	char built[4200];

	generation_folder(b->d, b->number, generation, built, sizeof(built));
	if (file_remove_tree(built, &b->err) != 0) {
		b->code = WIRE_INTERNAL;
		return -1;
	}
	return build_sweep(b, generation);
}

static int
cancel(struct build *b, uint64_t generation)
{
	struct meta_txn *t = NULL;
	int rc;

	if ((rc = meta_begin(b->d->meta, &t, &b->err)) != 0)
		return build_fail_meta(b, rc);
	if ((rc = meta_build_cancel(t, b->number, &b->err)) == 0)
		rc = meta_commit(t, &b->err);
	else
		meta_rollback(t);
	if (rc < 0)
		return build_fail_meta(b, rc);
	return remove_leftovers(b, generation);
}

/* --- what is wanted ------------------------------------------------------------------------------- */

/* The build that the wish asks for. */
static void
fill(struct build *b)
{
	const struct meta_collection *c = &b->space->info;
	const struct build_wish *w = &b->wish;
	bool embeds = w->kind == BUILD_REINDEX;

	b->info = (struct meta_build){ .collection = c->number, .generation = c->generation + 1,
		.embeds = embeds, .dim = embeds ? w->dim : c->dim, .identity = c->identity,
		.started = daemon_now() };
	memcpy(b->info.metric, embeds ? w->metric : c->metric, sizeof(c->metric));
	memcpy(b->info.provider, embeds ? w->provider : c->provider, sizeof(c->provider));
	memcpy(b->info.model, embeds ? w->model : c->model, sizeof(c->model));
	memcpy(b->info.version, embeds ? w->version : c->version, sizeof(c->version));
}

/* Does a vector of the collection as it is belong into what is built? */
static bool
is_same_space(const struct build *b)
{
	const struct meta_collection *c = &b->space->info;

	return strcmp(c->provider, b->info.provider) == 0 && strcmp(c->model, b->info.model) == 0 &&
	    strcmp(c->version, b->info.version) == 0 && c->dim == b->info.dim;
}

struct textless {
	uint64_t n, first, next;
};

static int
look_for_text(void *arg, const struct meta_item *item)
{
	struct textless *t = arg;

	if (item->text == NULL && t->n++ == 0)
		t->first = item->id;
	t->next = item->id + 1;
	return 0;
}

/* What has no text cannot come along into another space: better said before the work than after. */
static int
check_texts(struct build *b)
{
	struct textless t = { 0 };
	uint64_t from;
	int rc = 0;

	if (!b->info.embeds || is_same_space(b))
		return 0;
	do {
		from = t.next;
		if ((rc = meta_items_walk(b->d->meta, b->number, from, BUILD_PAGE, META_TEXT,
			 look_for_text, &t, &b->err)) != 0)
			return build_fail_meta(b, rc);
	} while (t.next != from && !build_is_over(b));
	if (t.n == 0)
		return b->code == WIRE_OK ? 0 : -1;
	b->code = WIRE_SPACE_MISMATCH;
	return err_set(&b->err, -1, "%" PRIu64 " items have a vector and no text to embed, the first is"
	    " item %" PRIu64 ": delete them, or give them texts", t.n, t.first);
}

/* Is there anything in vectors.bin that a copy would leave out? */
static bool
is_dense(struct build *b)
{
	struct vec_stats st;

	vec_stats(b->space->vec, &st);
	return st.live == st.published;
}

/* Note a new build in the metadata.  0, 1: there is nothing to build, or -1. */
static int
begin(struct build *b)
{
	struct meta_txn *t = NULL;
	uint64_t generation = b->space->info.generation;
	int rc;

	if (b->wish.again)
		return 1;
	if (b->wish.kind == BUILD_COMPACT && is_dense(b)) {
		struct vec_error ve;

		if ((rc = vec_trim(b->space->vec, &ve)) != 0)
			return build_fail_vec(b, rc, ve.message);
		return 1;
	}
	fill(b);
	if (check_texts(b) != 0 ||
	    (generation > 0 && build_sweep(b, generation - 1) != 0) ||
	    remove_leftovers(b, generation + 1) != 0)
		return -1;
	if ((rc = meta_begin(b->d->meta, &t, &b->err)) != 0)
		return build_fail_meta(b, rc);
	if ((rc = meta_build_add(t, &b->info, &b->err)) == 0)
		rc = meta_commit(t, &b->err);
	else
		meta_rollback(t);
	return rc != 0 ? build_fail_meta(b, rc) : 0;
}

/* Does the build that the metadata know of serve the wish? */
static bool
is_wanted(const struct build *b)
{
	const struct build_wish *w = &b->wish;

	if (b->info.generation != b->space->info.generation + 1)
		return false;
	if (w->again || w->kind == BUILD_COMPACT)
		return true;
	return b->info.embeds && (w->any ||
	    (strcmp(w->provider, b->info.provider) == 0 && strcmp(w->model, b->info.model) == 0 &&
	    strcmp(w->version, b->info.version) == 0 && strcmp(w->metric, b->info.metric) == 0 &&
	    w->dim == b->info.dim));
}

/* 0: b->info is what is to be built, and noted; 1: nothing is; -1. */
static int
settle_wish(struct build *b)
{
	int rc = meta_build_get(b->d->meta, b->number, &b->info, &b->err);

	if (rc < 0)
		return build_fail_meta(b, rc);
	if (rc == META_NONE)
		return b->wish.cancel ? 1 : begin(b);
	if (b->wish.kind == BUILD_COMPACT && b->info.embeds) {
		b->code = WIRE_BUSY;
		return err_set(&b->err, -1, "collection %s is to be reindexed first: coolvec reindex"
		    " goes on with that, or gives it up with --cancel", b->space->info.name);
	}
	if (!b->wish.cancel && is_wanted(b))
		return 0;
	if (cancel(b, b->info.generation) != 0)
		return -1;
	return b->wish.cancel ? 1 : begin(b);
}

/* --- its files ------------------------------------------------------------------------------------ */

/* The space that will take the place, without its vectors. */
static int
make_next(struct build *b)
{
	struct space *next = calloc(1, sizeof(*next));
	const struct meta_build *info = &b->info;

	b->code = WIRE_INTERNAL;
	if (next == NULL || (next->info = b->space->info, space_init(next)) != 0) {
		free(next);
		return err_set(&b->err, -1, "no memory to build a generation");
	}
	b->next = next;
	next->info.generation = info->generation;
	next->info.dim = info->dim;
	memcpy(next->info.metric, info->metric, sizeof(info->metric));
	memcpy(next->info.provider, info->provider, sizeof(info->provider));
	memcpy(next->info.model, info->model, sizeof(info->model));
	memcpy(next->info.version, info->version, sizeof(info->version));
	if (space_open_embedder(b->d, next, &b->code, &b->err) != 0)
		return -1;
	if (info->embeds && next->embedder == NULL) {
		b->code = WIRE_SPACE_MISMATCH;
		return err_set(&b->err, -1, "the build was begun with %s version %s, which this daemon does"
		    " not have: give it up with coolvec reindex --cancel", info->provider, info->version);
	}
	b->code = WIRE_OK;
	return 0;
}

static int
open_vectors(struct build *b)
{
	struct vec_options o;
	struct vec_error ve;
	char built[4200];
	int rc;

	space_options(&b->next->info, &o);
	o.create = true;
	generation_folder(b->d, b->number, b->info.generation, built, sizeof(built));
	if (file_mkdirs(built, 0700, &b->err) != 0) {
		b->code = WIRE_INTERNAL;
		return -1;
	}
	if ((rc = vec_open(built, &o, &b->next->vec, &ve)) != 0)
		return build_fail_vec(b, rc, ve.message);
	return 0;
}

static int
note_pair(void *arg, uint32_t slot, uint32_t from, uint32_t crc)
{
	struct build *b = arg;
	const float *x = vec_peek(b->next->vec, slot);
	struct build_pair *pairs;

	if (x == NULL || vec_crc32c(0, x, b->next->info.dim * sizeof(*x)) != crc)
		return META_NONE;
	if (b->npairs == b->room) {
		b->room = 2 * b->room + 1024;
		if ((pairs = reallocarray(b->pairs, b->room, sizeof(*pairs))) == NULL)
			return err_set(&b->err, META_ENOMEM, "no memory for %zu slots", b->room);
		b->pairs = pairs;
	}
	b->pairs[b->npairs++] = (struct build_pair){ from, slot };
	return 0;
}

/*
 * What was copied before: the rows say which slots.  1: the files do not have what the rows say, as in
 * a folder that was restored without them.
 */
static int
read_pairs(struct build *b)
{
	struct vec_error ve;
	uint32_t slot = 0;
	size_t before;
	int rc;

	do {
		uint64_t from = b->npairs > 0 ? (uint64_t)b->pairs[b->npairs - 1].to + 1 : 0;

		before = b->npairs;
		rc = meta_build_walk(b->d->meta, &b->info, from, WALK, note_pair, b, &b->err);
		if (rc != 0)
			return rc == META_NONE ? 1 : build_fail_meta(b, rc);
	} while (b->npairs > before);
	if (b->npairs > 0) {
		b->looked = (uint64_t)b->pairs[b->npairs - 1].from + 1;
		b->end = b->pairs[b->npairs - 1].to + 1;
	}
	if ((rc = vec_publish(b->next->vec, b->end, &ve)) != 0)
		return build_fail_vec(b, rc, ve.message);
	for (size_t i = 0; i < b->npairs; i++, slot++)
		for (; slot < b->pairs[i].to; slot++)
			vec_delete(b->next->vec, slot, NULL);
	for (; vec_is_live(b->next->vec, slot); slot++)
		vec_delete(b->next->vec, slot, NULL);
	b->end = slot;		/* the file may have more than there are rows of */
	return 0;
}

static void
forget_files(struct build *b)
{
	vec_close(b->next->vec);
	b->next->vec = NULL;
	b->npairs = 0;
	b->looked = b->end = 0;
}

/* Go on with what is there, or from the beginning. */
static int
open_files(struct build *b)
{
	int rc;

	if ((rc = open_vectors(b)) == 0)
		rc = read_pairs(b);
	if (rc == 0)
		return 0;
	if (rc < 0 && b->next->vec != NULL)
		return -1;
	log_warn("collection %" PRIu64 ": the generation that was being built is begun anew", b->number);
	forget_files(b);
	b->code = WIRE_OK;
	return remove_leftovers(b, b->info.generation) != 0 || open_vectors(b) != 0 ? -1 : 0;
}

int
build_open(struct build *b)
{
	struct space_build *sb = &b->space->build;
	struct meta_collection now;
	int rc;

	if ((rc = settle_wish(b)) != 0)
		return rc;
	if ((rc = meta_collection_get(b->d->meta, b->number, &now, &b->err)) != 0)
		return build_fail_meta(b, rc);
	b->page = calloc(1, sizeof(*b->page));
	b->vectors = calloc((size_t)BUILD_PAGE * b->info.dim, sizeof(*b->vectors));
	if (b->page == NULL || b->vectors == NULL) {
		b->code = WIRE_INTERNAL;
		return err_set(&b->err, -1, "no memory to build a generation");
	}
	/* from here on deletions are noted: what was copied before is read after this */
	uv_mutex_lock(&sb->lock);
	sb->noting = true;
	uv_mutex_unlock(&sb->lock);
	atomic_store(&sb->total, now.count);
	if (make_next(b) != 0 || open_files(b) != 0)
		return -1;
	atomic_store(&sb->done, b->npairs);
	return 0;
}
