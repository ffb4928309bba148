/*
 * commit_delete.c - the rows of a job that go: those that are named, or all that a filter lets
 * through.
 */

#include <stdlib.h>

#include "commit.h"

#define DELETE_BATCH 10000	/* items found by a filter before they are deleted */

static int
no_memory(struct err *err)
{
	return err_set(err, META_ENOMEM, "no memory for the answer");
}

/* Remove one item.  0, META_NONE, or a failure. */
static int
delete_item(struct commit_job *job, struct commit_item *it, struct meta_txn *t, struct err *err)
{
	struct meta_item old = { 0 };
	int rc;

	if (it->by_key)
		rc = meta_txn_item_by_key(t, job->number, it->key, 0, &old, err);
	else
		rc = meta_txn_item_by_id(t, job->number, it->id, 0, &old, err);
	if (rc != 0)
		return rc;
	it->id = old.id;
	if ((rc = meta_item_delete(t, job->number, old.id, err)) == 0) {
		job->gone[job->ngone++] = old.slot;
		job->delta--;
		job->changed++;
	}
	meta_item_fini(&old);
	return rc;
}

/* Items to delete because a filter lets them through: what the walk gives, and then goes. */
struct doomed {
	struct { uint64_t id; uint32_t slot; } item[DELETE_BATCH];
	size_t n;
};

static int
doom(void *arg, uint64_t id, uint32_t slot)
{
	struct doomed *d = arg;

	d->item[d->n].id = id;
	d->item[d->n++].slot = slot;
	return d->n == DELETE_BATCH ? 1 : 0;
}

/* Delete those of a batch, and list their ids while there is room in the answer. */
static int
delete_doomed(struct commit_job *job, const struct doomed *d, json_t *deleted, struct meta_txn *t,
    struct err *err)
{
	size_t room = 2 * (job->ngone + d->n);
	uint32_t *gone;
	int rc = 0;

	if (job->ngone + d->n > job->gone_room) {
		if ((gone = reallocarray(job->gone, room, sizeof(*gone))) == NULL)
			return no_memory(err);
		job->gone = gone;
		job->gone_room = room;
	}
	for (size_t i = 0; i < d->n && rc == 0; i++) {
		if ((rc = meta_item_delete(t, job->number, d->item[i].id, err)) != 0)
			break;
		job->gone[job->ngone++] = d->item[i].slot;
		job->delta--;
		job->changed++;
		if (json_array_size(deleted) < WIRE_BATCH_MAX)
			json_array_append_new(deleted, json_integer((json_int_t)d->item[i].id));
	}
	return rc;
}

static int
apply_delete_where(struct commit_job *job, struct meta_txn *t, struct err *err)
{
	struct doomed *d = malloc(sizeof(*d));
	json_t *deleted = json_array();
	uint64_t from = 0;
	int rc = 1;

	if (d == NULL || deleted == NULL) {
		rc = no_memory(err);
		goto out;
	}
	while (rc == 1) {
		int done;

		d->n = 0;
		if ((rc = meta_txn_items_match(t, job->number, job->where, from, doom, d, err)) < 0)
			break;
		if ((done = delete_doomed(job, d, deleted, t, err)) != 0)
			rc = done < 0 ? done : err_set(err, META_ECORRUPT,
			    "metadata: an item that was found is not there");
		else if (rc == 1)
			from = d->item[d->n - 1].id + 1;
	}
	if (rc == 0)
		job->result = json_pack("{s:O, s:[], s:I}", "deleted", deleted, "missing", "ndeleted",
		    (json_int_t)job->changed);
out:
	json_decref(deleted);
	free(d);
	return rc;
}

static int
apply_delete(struct commit_job *job, struct meta_txn *t, struct err *err)
{
	json_t *deleted = json_array(), *missing = json_array();
	int rc = 0;

	for (size_t i = 0; i < job->n && rc >= 0; i++) {
		struct commit_item *it = &job->items[i];

		rc = delete_item(job, it, t, err);
		if (rc == META_NONE && job->single) {
			commit_not_there(job, it->id);
			goto out;
		}
		if (rc == 0)
			json_array_append_new(deleted, json_integer((json_int_t)it->id));
		else if (rc == META_NONE)
			json_array_append_new(missing, it->by_key ? json_string(it->key) :
								    json_integer((json_int_t)it->id));
	}
	if (rc >= 0)
		job->result = json_pack("{s:O, s:O}", "deleted", deleted, "missing", missing);
out:
	json_decref(deleted);
	json_decref(missing);
	return rc < 0 ? rc : 0;
}

int
commit_delete(struct commit_job *job, struct meta_txn *t, struct err *err)
{
	return job->where != NULL ? apply_delete_where(job, t, err) : apply_delete(job, t, err);
}
