/*
 * vec_replace.c - one generation of a collection takes the place of another.
 *
 * Two names change, and a crash may come between: so hnsw.index goes first, which is derived, and the
 * name of vectors.bin is the one that counts.  An hnsw.index of the old generation is removed if the
 * new one has none, for it would be taken for a stale one.
 */

#include <errno.h>
#include <unistd.h>

#include "error.h"
#include "index.h"
#include "io.h"
#include "vec_private.h"

int
vec_trim(struct vec *v, struct vec_error *err)
{
	int rc;

	pthread_mutex_lock(&v->append);
	rc = store_trim(v->store, err);
	pthread_mutex_unlock(&v->append);
	return rc;
}

/* From now on `v` leaves the folder alone. */
static void
retire(struct vec *v)
{
	pthread_rwlock_wrlock(&v->graph->change);
	v->replaced = true;
	pthread_rwlock_unlock(&v->graph->change);
}

/* Rename the files of the folder `from` to the folder `to`.  0 or the errno. */
static int
move_files(int from, int to)
{
	if (io.renameat(from, INDEX_NAME, to, INDEX_NAME) != 0 &&
	    (errno != ENOENT || (io.unlinkat(to, INDEX_NAME, 0) != 0 && errno != ENOENT)))
		return errno;
	if (io.renameat(from, STORE_NAME, to, STORE_NAME) != 0)
		return errno;
	return io.fsync(to) != 0 ? errno : 0;
}

int
vec_replace(struct vec *v, struct vec *old, struct vec_error *err)
{
	int dir = dup(old->dir), no;

	if (dir < 0)
		return error_sys(err, 0, errno, "cannot reach the folder of vectors.bin");
	retire(old);
	pthread_rwlock_wrlock(&v->graph->change);
	if ((no = move_files(v->dir, dir)) == 0) {
		int was = v->dir;

		v->dir = dir;
		dir = was;
	}
	pthread_rwlock_unlock(&v->graph->change);
	close(dir);
	return no != 0 ? error_sys(err, 0, no, "cannot put vectors.bin in its place") : 0;
}
