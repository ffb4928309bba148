/*
 * meta_copy.c - the database copied while it is in use, a piece at a time under the lock.
 */

#include <stdlib.h>

#include "meta_db.h"

struct meta_copy {
	struct meta *m;
	void *copy;		/* the backend's */
};

int
meta_copy_begin(struct meta *m, const char *path, struct meta_copy **out, struct err *err)
{
	struct meta_copy *cp = calloc(1, sizeof(*cp));
	int rc;

	*out = NULL;
	if (cp == NULL)
		return err_set(err, META_ENOMEM, "no memory to copy the metadata");
	cp->m = m;
	meta_lock(m);
	rc = m->backend->copy_begin(m->db, path, &cp->copy, err);
	meta_unlock(m);
	if (rc == 0)
		*out = cp;
	else
		free(cp);
	return rc;
}

static int
step(struct meta_copy *cp, bool all, struct err *err)
{
	int rc;

	meta_lock(cp->m);
	rc = cp->m->backend->copy_step(cp->copy, all, err);
	meta_unlock(cp->m);
	return rc;
}

int
meta_copy_some(struct meta_copy *cp, struct err *err)
{
	return step(cp, false, err);
}

int
meta_copy_rest(struct meta_copy *cp, struct err *err)
{
	return step(cp, true, err);
}

int
meta_copy_finish(struct meta_copy *cp, struct err *err)
{
	if (cp->m->backend->copy_finish == NULL)
		return 0;
	return cp->m->backend->copy_finish(cp->copy, err);
}

void
meta_copy_free(struct meta_copy *cp)
{
	if (cp == NULL)
		return;
	meta_lock(cp->m);
	cp->m->backend->copy_end(cp->copy);
	meta_unlock(cp->m);
	free(cp);
}
