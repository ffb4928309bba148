/*
 * commit_apply.c - the rows of one job.
 *
 * All that can refuse a job is looked at before its first write, so a job is wholly in the
 * transaction or not at all, without a savepoint.
 */

#include <stdlib.h>
#include <string.h>

#include "commit.h"

int
commit_not_there(struct commit_job *job, uint64_t id)
{
	job->code = WIRE_NOT_FOUND;
	err_set(&job->err, WIRE_NOT_FOUND, "no vector %llu in collection %s",
	    (unsigned long long)id, job->space->info.name);
	return 0;
}

static int
no_memory(struct err *err)
{
	return err_set(err, META_ENOMEM, "no memory for the answer");
}

/* Was this request carried out before?  1: yes, and the job has its answer or is refused. */
static int
replay(struct commit_job *job, struct meta_txn *t, struct err *err)
{
	uint64_t number, digest;
	char *text = NULL;
	int rc;

	if (job->request == NULL)
		return 0;
	rc = meta_txn_request_find(t, job->call->user.id, job->request, &number, &digest, &text, err);
	if (rc != 0)
		return rc == META_NONE ? 0 : rc;
	if (number != job->number || digest != job->digest) {
		job->code = WIRE_EXISTS;
		err_set(&job->err, WIRE_EXISTS, "request_id %s was used for another request",
		    job->request);
	} else if ((job->result = json_loads(text, 0, NULL)) != NULL) {
		/* the slots that the repetition's vectors got are burnt */
		for (size_t i = 0; i < job->nvectors; i++)
			vec_delete(job->space->vec, job->first + (uint32_t)i, NULL);
		job->nvectors = 0;
	}
	free(text);
	return job->code == WIRE_OK && job->result == NULL ? no_memory(err) : 1;
}

/* Keep the answer for a repetition. */
static int
remember(struct commit_job *job, struct meta_txn *t, struct err *err)
{
	char *text;
	int rc;

	if (job->request == NULL)
		return 0;
	if ((text = json_dumps(job->result, JSON_COMPACT)) == NULL)
		return no_memory(err);
	rc = meta_request_put(t, job->call->user.id, job->request, job->number, job->digest, text,
	    daemon_now(), err);
	free(text);
	return rc;
}

/*
 * Are the items that were left alone on the way here still what they were?  A new text or vector
 * would have given them a new slot.
 */
static int
check_same(struct commit_job *job, struct meta_txn *t, struct err *err)
{
	int rc = 0;

	for (size_t i = 0; i < job->n && rc >= 0 && !job->again; i++) {
		struct commit_item *it = &job->items[i];
		struct meta_item now = { 0 };

		if (!it->same)
			continue;
		rc = meta_txn_item_by_key(t, job->number, it->key, 0, &now, err);
		job->again = rc == META_NONE || (rc == 0 && now.slot != it->slot);
		it->id = now.id;
		meta_item_fini(&now);
	}
	return rc < 0 ? rc : 0;
}

/* Give an item that is the same its meta, unless it has it. */
static int
put_meta(struct commit_job *job, const struct commit_item *it, struct meta_txn *t, struct err *err)
{
	struct meta_item now = { 0 };
	int rc = meta_txn_item_by_id(t, job->number, it->id, META_META, &now, err);
	bool equal = rc == 0 && (it->meta == NULL || now.meta == NULL ? it->meta == now.meta :
	    strcmp(it->meta, now.meta) == 0);

	meta_item_fini(&now);
	if (rc != 0 || equal)
		return rc;
	job->changed++;
	job->in_place = true;
	return meta_item_set_meta(t, job->number, it->id, it->meta, err);
}

static int
put_item(struct commit_job *job, size_t i, struct meta_txn *t, uint64_t *id, struct err *err)
{
	struct commit_item *it = &job->items[i];
	struct meta_item old = { 0 };
	struct meta_item row = { .slot = job->first + (uint32_t)it->row, .crc = it->crc,
		.text = it->text, .text_len = it->text_len, .key = it->key, .meta = it->meta };
	int rc = META_NONE;

	if (it->same) {
		*id = it->id;
		return put_meta(job, it, t, err);
	}
	if (it->key != NULL) {
		rc = meta_txn_item_by_key(t, job->number, it->key, 0, &old, err);
		if (rc < 0)
			return rc;
	}
	if (rc == META_NONE) {
		row.id = job->space->next_id++;
		job->delta++;
	} else {
		row.id = old.id;
		job->gone[job->ngone++] = old.slot;
		meta_item_fini(&old);
	}
	*id = row.id;
	job->changed++;
	return meta_item_put_soon(t, job->number, &row, err);
}

static int
apply_add(struct commit_job *job, struct meta_txn *t, struct err *err)
{
	json_t *ids;
	uint64_t id = 0;
	int rc;

	if ((rc = check_same(job, t, err)) != 0 || job->again)
		return rc;
	if ((ids = json_array()) == NULL)
		return no_memory(err);
	for (size_t i = 0; i < job->n && rc == 0; i++)
		if ((rc = put_item(job, i, t, &id, err)) == 0 &&
		    json_array_append_new(ids, json_integer((json_int_t)id)) != 0)
			rc = no_memory(err);
	if (rc == 0 && job->single)
		job->result = json_pack("{s:I}", "id", (json_int_t)id);
	else if (rc == 0)
		job->result = json_pack("{s:O}", "ids", ids);
	json_decref(ids);
	job->idle = job->changed == 0 && job->nvectors == 0;
	return rc;
}

static int
apply_update(struct commit_job *job, struct meta_txn *t, struct err *err)
{
	struct commit_item *it = &job->items[0];
	struct meta_item old = { 0 }, row;
	int rc;

	rc = meta_txn_item_by_id(t, job->number, it->id, META_ALL, &old, err);
	if (rc != 0)
		return rc == META_NONE ? commit_not_there(job, it->id) : rc;
	row = old;
	if (it->text != NULL) {
		row.text = it->text;
		row.text_len = it->text_len;
	}
	if (it->meta != NULL || it->drop_meta)
		row.meta = it->meta;
	if (job->nvectors > 0) {
		row.slot = job->first;
		row.crc = it->crc;
		job->gone[job->ngone++] = old.slot;
	}
	if ((rc = meta_item_put(t, job->number, &row, err)) == 0)
		job->result = json_pack("{s:I}", "id", (json_int_t)it->id);
	job->changed++;
	job->in_place = job->nvectors == 0;
	meta_item_fini(&old);
	return rc;
}

/* What has changed since it was looked at keeps what it has now; the vector made for it is burnt. */
static int
apply_repair(struct commit_job *job, struct meta_txn *t, struct err *err)
{
	int rc = 0;

	for (size_t i = 0; i < job->n && rc >= 0; i++) {
		struct commit_item *it = &job->items[i];
		struct meta_item row = { 0 };

		rc = meta_txn_item_by_id(t, job->number, it->id, META_ALL, &row, err);
		if (rc == 0 && row.slot == it->slot) {
			job->gone[job->ngone++] = it->slot;
			row.slot = job->first + (uint32_t)i;
			row.crc = it->crc;
			rc = meta_item_put(t, job->number, &row, err);
			job->changed++;
		} else {
			vec_delete(job->space->vec, job->first + (uint32_t)i, NULL);
		}
		meta_item_fini(&row);
	}
	if (rc < 0)
		return rc;
	job->call->tried = job->items[job->n - 1].id + 1;
	job->call->repaired += job->changed;
	job->again = true;
	job->result = json_true();	/* it has used its slots */
	return 0;
}

int
commit_apply(struct commit_job *job, struct meta_txn *t, struct err *err)
{
	int rc;

	if ((rc = replay(job, t, err)) != 0)
		return rc < 0 ? rc : 0;
	switch (job->kind) {
	case COMMIT_ADD:
		rc = apply_add(job, t, err);
		break;
	case COMMIT_UPDATE:
		rc = apply_update(job, t, err);
		break;
	case COMMIT_DELETE:
		rc = commit_delete(job, t, err);
		break;
	case COMMIT_REPAIR:
		return apply_repair(job, t, err);
	case COMMIT_DROP:
	case COMMIT_MOMENT:
	case COMMIT_BACK:
		return 0;	/* does not come here */
	}
	if (rc != 0 || job->code != WIRE_OK || job->again)
		return rc;
	if (job->result == NULL || (job->lexical &&
		json_object_set_new(job->result, "lexical", json_true()) != 0))
		return no_memory(err);
	return remember(job, t, err);
}
