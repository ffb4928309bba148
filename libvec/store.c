/*
 * store.c - the vector file.
 *
 * A store is one file: a 36-byte header (format.c), then `capacity` records of equal size.  Records
 * are written with pwrite, so that a full disk is an error and not a signal, and read through a
 * shared map (store_grow.c), where they never move: a `const float *` taken by a reader stays true
 * until the store is closed.
 *
 * A new file is made under another name and renamed when its header is on disk: a file called
 * vectors.bin always has a whole header.
 */

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "error.h"
#include "io.h"
#include "store.h"

/* Rows are written and mapped as they lie in memory. */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "vectors.bin is little-endian");

/*
 * Address space for one collection at first.  47 bits hold some 16,000 collections of 8 GiB;
 * one that outgrows it is mapped a second time, see store_grow.c.
 */
#define RESERVE (8ull << 30)

int
store_header_locked(struct store *s, uint32_t nvecs, uint32_t capacity)
{
	unsigned char bytes[FORMAT_HEADER];
	struct format f = { .nvecs = nvecs, .dim = s->dim, .capacity = capacity };

	format_put(bytes, &f);
	return io_write(s->fd, bytes, sizeof(bytes), 0);
}

/* Take the file's lock.  One holder at a time, in this process too. */
static int
lock_file(int fd, struct vec_error *err)
{
	if (io.flock(fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (errno == EWOULDBLOCK)
		return error_set(err, VEC_EBUSY, "vectors.bin is in use: it is locked");
	return error_sys(err, 0, errno, "cannot lock vectors.bin");
}

/* True when `fd`, locked only now, is still what the folder calls `name`. */
static bool
is_named(int dir, const char *name, int fd)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 && fstatat(dir, name, &b, AT_SYMLINK_NOFOLLOW) == 0 &&
	    a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* Make a file of no vectors: header first, then the name.  s->fd is then open and locked. */
static int
make_file(struct store *s, int dir, struct vec_error *err)
{
	int rc, no;

	s->fd = io.openat(dir, STORE_NAME_NEW, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (s->fd < 0)
		return error_sys(err, 0, errno, "cannot make vectors.bin");
	if ((rc = lock_file(s->fd, err)) != 0)
		return rc;
	if (!is_named(dir, STORE_NAME_NEW, s->fd))
		return error_set(err, VEC_EBUSY, "vectors.bin is being made by another process");
	if (io.ftruncate(s->fd, 0) != 0)
		return error_sys(err, 0, errno, "cannot make vectors.bin");
	if ((no = store_header_locked(s, 0, 0)) != 0)
		return error_sys(err, 0, no, "cannot write the header of vectors.bin");
	if (io.fsync(s->fd) != 0 || io.renameat(dir, STORE_NAME_NEW, dir, STORE_NAME) != 0 ||
	    io.fsync(dir) != 0)
		return error_sys(err, 0, errno, "cannot make vectors.bin");
	return 0;
}

/* Open what is there, or make it.  s->fd is then open and locked. */
static int
find_file(struct store *s, int dir, bool create, struct vec_error *err)
{
	s->fd = io.openat(dir, STORE_NAME, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (s->fd >= 0)
		return lock_file(s->fd, err);
	if (errno != ENOENT)
		return error_sys(err, 0, errno, "cannot open vectors.bin");
	if (!create)
		return error_set(err, VEC_EVALUE, "there is no vectors.bin");
	return make_file(s, dir, err);
}

static int
read_header(struct store *s, struct format *f, struct vec_error *err)
{
	unsigned char bytes[FORMAT_HEADER];
	struct stat st;
	int no, rc;

	if (fstat(s->fd, &st) != 0)
		return error_sys(err, 0, errno, "cannot examine vectors.bin");
	if (!S_ISREG(st.st_mode))
		return error_set(err, VEC_ECORRUPT, "vectors.bin is not a regular file");
	if (st.st_size < FORMAT_HEADER)
		return error_set(err, VEC_ECORRUPT,
		    "vectors.bin has %jd bytes, its header needs %d", (intmax_t)st.st_size,
		    FORMAT_HEADER);
	if ((no = io_read(s->fd, bytes, sizeof(bytes), 0)) != 0)
		return error_sys(err, 0, no, "cannot read the header of vectors.bin");
	if ((rc = format_get(bytes, (uint64_t)st.st_size, f, err)) != 0)
		return rc;
	if (f->dim != s->dim)
		return error_set(err, VEC_EDIM,
		    "vectors.bin has %" PRIu64 " components a vector, not %zu", f->dim, s->dim);
	return 0;
}

int
store_open(int dir, size_t dim, bool create, uint64_t reserve, struct store **out,
    struct vec_error *err)
{
	struct store *s = io.calloc(1, sizeof(*s));
	struct format f = { 0 };
	int rc;

	*out = NULL;
	if (!s)
		return error_set(err, VEC_ENOMEM, "no memory for a collection");
	pthread_mutex_init(&s->lock, NULL);
	pthread_mutex_init(&s->sync, NULL);
	s->fd = -1;
	s->dim = dim;
	s->stride = dim * sizeof(float);
	s->least = reserve ? reserve : RESERVE;
	if ((rc = find_file(s, dir, create, err)) != 0 || (rc = read_header(s, &f, err)) != 0 ||
	    (rc = store_map_locked(s, format_bytes(dim, f.capacity), err)) != 0)
		goto out;
	s->capacity = f.capacity;
	s->appended = s->published = (uint32_t)f.nvecs;
	*out = s;
	s = NULL;
out:
	store_close(s);
	return rc;
}

void
store_close(struct store *s)
{
	if (!s)
		return;
	store_unmap(s);
	if (s->fd >= 0)
		close(s->fd);
	pthread_mutex_destroy(&s->sync);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

static int
refuse(struct vec_error *err)
{
	return error_set(err, VEC_EREADONLY,
	    "the collection is read-only: syncing vectors.bin failed before");
}

static bool
is_short(const struct store *s)
{
	uint64_t bytes = format_bytes(s->dim, s->capacity);
	struct stat st;

	return fstat(s->fd, &st) == 0 && (uint64_t)st.st_size < bytes;
}

/*
 * The last page of a file that was cut short is no fault, and has zeros behind the end; and writing
 * there would make the file whole again, with a hole where vectors were.
 */
static int
check_length_locked(struct store *s, struct vec_error *err)
{
	if (is_short(s))
		atomic_store(&s->lost, true);
	return store_lost(s, err);
}

/* Without the lock it may look short while it is trimmed. */
int
store_check_length(struct store *s, struct vec_error *err)
{
	int rc;

	if (atomic_load(&s->lost) || !is_short(s))
		return store_lost(s, err);
	pthread_mutex_lock(&s->lock);
	rc = check_length_locked(s, err);
	pthread_mutex_unlock(&s->lock);
	return rc;
}

static int
append_locked(struct store *s, const float *x, size_t n, uint32_t *first, struct vec_error *err)
{
	uint32_t at = s->appended;
	int rc, no;

	if (s->read_only)
		return refuse(err);
	if ((rc = check_length_locked(s, err)) != 0)
		return rc;
	if (n > FORMAT_SLOTS_MAX - at)
		return error_set(err, VEC_EFULL,
		    "%" PRIu32 " slots are taken, %zu more are over the limit", at, n);
	if ((rc = store_grow_locked(s, at + (uint32_t)n, err)) != 0)
		return rc;
	if ((no = io_write(s->fd, x, n * s->stride, FORMAT_HEADER + (uint64_t)at * s->stride)) != 0)
		return error_sys(err, 0, no, "cannot write %zu vectors", n);
	atomic_store_explicit(&s->appended, at + (uint32_t)n, memory_order_release);
	*first = at;
	return 0;
}

int
store_append(struct store *s, const float *x, size_t n, uint32_t *first, struct vec_error *err)
{
	int rc;

	pthread_mutex_lock(&s->lock);
	rc = append_locked(s, x, n, first, err);
	pthread_mutex_unlock(&s->lock);
	return rc;
}

/*
 * One at a time: the system reports a write that was lost to one fdatasync only, and a second one
 * beside it would answer that all is well.
 */
int
store_sync(struct store *s, struct vec_error *err)
{
	int rc;

	pthread_mutex_lock(&s->sync);
	if ((rc = store_lost(s, err)) != 0) {
		/* what is synced now may be behind a hole */
	} else if (s->read_only) {
		rc = refuse(err);
	} else if (io.fdatasync(s->fd) != 0) {
		rc = error_sys(err, VEC_EIO, errno, "cannot sync vectors.bin");
		s->read_only = true;
	}
	pthread_mutex_unlock(&s->sync);
	return rc;
}

int
store_publish(struct store *s, uint32_t end, struct vec_error *err)
{
	int rc, no;

	pthread_mutex_lock(&s->lock);
	if ((rc = store_lost(s, err)) != 0) {
		/* nothing counts any more */
	} else if (end > s->capacity) {
		rc = error_set(err, VEC_EVALUE,
		    "cannot publish %" PRIu32 " slots: vectors.bin has room for %" PRIu32, end,
		    s->capacity);
	} else if (end > s->published) {
		if (end > s->appended)
			atomic_store_explicit(&s->appended, end, memory_order_release);
		atomic_store_explicit(&s->published, end, memory_order_release);
		if ((no = store_header_locked(s, end, s->capacity)) != 0)
			rc = error_sys(err, VEC_EIO, no, "cannot write the header of vectors.bin");
	}
	pthread_mutex_unlock(&s->lock);
	return rc;
}

int
store_flush(struct store *s, struct vec_error *err)
{
	int rc, no = 0;

	pthread_mutex_lock(&s->lock);
	if ((rc = store_lost(s, err)) == 0 && !s->read_only)
		no = store_header_locked(s, s->published, s->capacity);
	pthread_mutex_unlock(&s->lock);
	if (rc != 0)
		return rc;
	if (no != 0)
		return error_sys(err, 0, no, "cannot write the header of vectors.bin");
	return store_sync(s, err);
}
