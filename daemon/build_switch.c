/*
 * build_switch.c - the moment in which a collection changes its generation.
 *
 * It runs on the commit lane, between two groups of changes, so nothing changes in it but what it
 * does itself: the last items are copied and their rows written in the transaction that switches.
 * Before that commits, the space is retired, so that whoever reads rows afterwards can tell.
 *
 * When the commit's outcome is unknown both generations keep their files and are closed.  Who wants the
 * collection then opens it anew, by what the metadata say (generation.c); and the metadata say nothing
 * until the database is back, and has told what became of the commit.
 */

#include <stdlib.h>
#include <unistd.h>

#include "build_private.h"
#include "commit.h"
#include "generation.h"
#include "log.h"
#include "space_open.h"

/* Copy but for the last page, which is left to the switch. */
static int
copy_rest(struct build *b)
{
	for (;;) {
		struct meta_txn *t = NULL;
		uint64_t looked = b->looked;
		int rc;

		if (build_read(b) != 0)
			return -1;
		if (build_append(b) != 0) {
			b->looked = looked;
			return -1;
		}
		if (!b->page->more)
			return 0;
		if ((rc = meta_begin(b->d->meta, &t, &b->err)) != 0)
			return build_fail_meta(b, rc);
		if ((rc = build_stage(b, t)) != 0)
			meta_rollback(t);
		else
			rc = meta_commit(t, &b->err);
		if (rc != 0)
			return build_fail_meta(b, rc);
		build_publish(b);
	}
}

static int
commit_switch(struct build *b)
{
	struct meta_txn *t = NULL;
	int rc;

	if ((rc = meta_begin(b->d->meta, &t, &b->err)) != 0)
		return rc;
	if ((rc = build_stage(b, t)) == 0)
		rc = meta_build_switch(t, &b->info, b->end, &b->err);
	if (rc == 0)
		return meta_commit(t, &b->err);
	meta_rollback(t);
	return rc;
}

/* The metadata have switched: so do the files and the spaces.  Nothing may fail any more. */
static void
follow(struct build *b)
{
	struct space *next = b->next;
	struct vec_error ve;
	char built[4200];

	build_publish(b);
	if (vec_replace(next->vec, b->space->vec, &ve) != 0) {
		log_error("collection %llu: %s: it is done at the next start",
		    (unsigned long long)b->number, ve.message);
	} else {
		generation_folder(b->d, b->number, b->info.generation, built, sizeof(built));
		(void)rmdir(built);	/* else the next start does it */
	}
	next->next_id = b->space->next_id;
	next->next_slot = b->end;
	next->info.next_slot = b->end;
	spaces_replace(b->d->spaces, b->space, next);
	b->switched = true;
}

/* It may be either generation's: neither is held any more but by those who read the old one. */
static void
close_both(struct build *b)
{
	log_warn("collection %llu: it is not known yet whether it has generation %llu: %s",
	    (unsigned long long)b->number, (unsigned long long)b->info.generation, b->err.text);
	space_fini(b->next);
	free(b->next);
	b->next = NULL;
	spaces_replace(b->d->spaces, b->space, NULL);
}

static void
switch_now(void *arg)
{
	struct build *b = arg;
	int rc;

	if (!commit_is_settled(b->d->commit, &b->err)) {
		build_fail_meta(b, META_EUNAVAILABLE);
		return;
	}
	if (build_is_over(b) || copy_rest(b) != 0 || build_drain(b) != 0)
		return;
	spaces_retire(b->d->spaces, b->space);
	if ((rc = commit_switch(b)) == 0) {
		follow(b);
		return;
	}
	build_fail_meta(b, rc);
	if (rc == META_EUNKNOWN)
		close_both(b);
	else
		spaces_take_back(b->d->spaces, b->space);
}

int
build_switch(struct build *b)
{
	uint64_t began = metrics_clock();

	b->unembedded = false;
	b->in_moment = true;
	if (!commit_moment(b->d->commit, switch_now, b)) {
		b->code = WIRE_BUSY;
		return err_set(&b->err, -1, "too many changes are waiting");
	}
	b->in_moment = false;
	if (!b->switched)
		return b->unembedded ? 1 : -1;
	log_debug("collection %llu: switched in %.1f ms, with the wait for the commit lane",
	    (unsigned long long)b->number, (double)(metrics_clock() - began) / 1e6);
	return 0;
}
