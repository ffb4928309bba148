/*
 * item_same.c - items that are there already, known by their keys.
 *
 * An import that was interrupted is begun anew, and most of what it brings is stored.  Embedding it
 * again is what would cost, so a keyed item is looked up first.  What is found here may change before
 * the commit lane comes to it; that looks again, and compares slots.
 */

#include <string.h>

#include "item.h"

/*
 * Is the stored text, and the vector when one was given, that of the item?  A text that came alone
 * is taken to be the same when the texts are, whatever vector was stored with it.
 */
static bool
is_same(const struct commit_job *job, size_t i, bool has_vector, const struct meta_item *stored)
{
	const struct commit_item *it = &job->items[i];
	size_t dim = job->space->info.dim;
	const float *x;

	if ((it->text == NULL) != (stored->text == NULL) || it->text_len != stored->text_len)
		return false;
	if (it->text != NULL && memcmp(it->text, stored->text, it->text_len) != 0)
		return false;
	if (!has_vector)
		return true;
	x = vec_peek(job->space->vec, stored->slot);
	return x != NULL && memcmp(x, job->vectors + i * dim, dim * sizeof(*x)) == 0;
}

int
item_find_same(struct commit_job *job, const json_t *objects, struct err *err)
{
	int rc = 0;

	for (size_t i = 0; i < job->n && rc >= 0; i++) {
		struct commit_item *it = &job->items[i];
		struct meta_item stored = { 0 };
		bool has_vector = json_object_get(json_array_get(objects, i), "vector") != NULL;

		if (it->key == NULL)
			continue;
		rc = meta_item_by_key(job->call->d->meta, job->number, it->key, META_TEXT, &stored,
		    err);
		if (rc == 0 && is_same(job, i, has_vector, &stored)) {
			it->same = true;
			it->slot = stored.slot;
		}
		meta_item_fini(&stored);
	}
	return rc < 0 ? rc : 0;
}

void
item_close_ranks(struct commit_job *job)
{
	size_t dim = job->space->info.dim, row = 0;

	for (size_t i = 0; i < job->n; i++) {
		struct commit_item *it = &job->items[i];

		if (it->same)
			continue;
		if (row < i)
			memcpy(job->vectors + row * dim, job->vectors + i * dim, dim * sizeof(float));
		it->crc = vec_crc32c(0, job->vectors + row * dim, dim * sizeof(float));
		it->row = row++;
	}
	job->nvectors = row;
}
