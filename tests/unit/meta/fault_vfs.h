/*
 * fault_vfs.h - a disk that fails on the Nth call.
 *
 * A SQLite VFS that is the default one but for its writes, truncations and syncs: the one that the
 * countdown reaches fails, as a disk does that has an error (nothing written), one that dies in the
 * middle (half is written), or one that is full.  Its files have no shared memory, so a database
 * opens only when its log's index is in the heap: that exclusive locking is on is tested by it too.
 */

#ifndef TEST_META_FAULT_VFS_H
#define TEST_META_FAULT_VFS_H

#include <stdbool.h>
#include <sqlite3.h>

enum fault_kind { FAULT_WRITE, FAULT_TORN, FAULT_FULL, FAULT_SYNC, FAULT_KINDS };

static struct {
	enum fault_kind kind;
	long countdown;		/* calls of that kind until one fails; 0: none does */
	bool stays;		/* every later one fails too */
	long fired;
	sqlite3_vfs *real;
} fault;

struct fault_file {
	sqlite3_file base;
	sqlite3_file *real;	/* behind this, in the same allocation */
};

static inline sqlite3_file *
real_file(sqlite3_file *file)
{
	return ((struct fault_file *)(void *)file)->real;
}

static inline bool
fault_due(bool is_sync)
{
	if (is_sync != (fault.kind == FAULT_SYNC) || fault.countdown == 0)
		return false;
	if (fault.countdown > 1) {
		fault.countdown--;
		return false;
	}
	if (!fault.stays)
		fault.countdown = 0;
	fault.fired++;
	return true;
}

static inline int
fault_write(sqlite3_file *file, const void *p, int n, sqlite3_int64 at)
{
	sqlite3_file *f = real_file(file);

	if (!fault_due(false))
		return f->pMethods->xWrite(f, p, n, at);
	if (fault.kind == FAULT_TORN)
		f->pMethods->xWrite(f, p, n / 2, at);
	return fault.kind == FAULT_FULL ? SQLITE_FULL : SQLITE_IOERR_WRITE;
}

static inline int
fault_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	sqlite3_file *f = real_file(file);

	return fault_due(false) ? SQLITE_IOERR_TRUNCATE : f->pMethods->xTruncate(f, size);
}

static inline int
fault_sync(sqlite3_file *file, int flags)
{
	sqlite3_file *f = real_file(file);

	return fault_due(true) ? SQLITE_IOERR_FSYNC : f->pMethods->xSync(f, flags);
}

static inline int
fault_close(sqlite3_file *file)
{
	sqlite3_file *f = real_file(file);

	return f->pMethods != NULL ? f->pMethods->xClose(f) : SQLITE_OK;
}

/* What goes straight through. */
static inline int
fault_read(sqlite3_file *file, void *p, int n, sqlite3_int64 at)
{
	return real_file(file)->pMethods->xRead(real_file(file), p, n, at);
}

static inline int
fault_size(sqlite3_file *file, sqlite3_int64 *size)
{
	return real_file(file)->pMethods->xFileSize(real_file(file), size);
}

static inline int
fault_lock(sqlite3_file *file, int level)
{
	return real_file(file)->pMethods->xLock(real_file(file), level);
}

static inline int
fault_unlock(sqlite3_file *file, int level)
{
	return real_file(file)->pMethods->xUnlock(real_file(file), level);
}

static inline int
fault_reserved(sqlite3_file *file, int *out)
{
	return real_file(file)->pMethods->xCheckReservedLock(real_file(file), out);
}

static inline int
fault_control(sqlite3_file *file, int op, void *arg)
{
	return real_file(file)->pMethods->xFileControl(real_file(file), op, arg);
}

static inline int
fault_sector(sqlite3_file *file)
{
	return real_file(file)->pMethods->xSectorSize(real_file(file));
}

static inline int
fault_device(sqlite3_file *file)
{
	return real_file(file)->pMethods->xDeviceCharacteristics(real_file(file));
}

static inline int
fault_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out)
{
	static const sqlite3_io_methods methods = {
		.iVersion = 1, .xClose = fault_close, .xRead = fault_read, .xWrite = fault_write,
		.xTruncate = fault_truncate, .xSync = fault_sync, .xFileSize = fault_size,
		.xLock = fault_lock, .xUnlock = fault_unlock, .xCheckReservedLock = fault_reserved,
		.xFileControl = fault_control, .xSectorSize = fault_sector,
		.xDeviceCharacteristics = fault_device,
	};
	struct fault_file *f = (struct fault_file *)(void *)file;
	int rc;

	(void)vfs;
	f->real = (sqlite3_file *)(void *)(f + 1);
	f->real->pMethods = NULL;
	rc = fault.real->xOpen(fault.real, name, f->real, flags, out);
	f->base.pMethods = f->real->pMethods != NULL ? &methods : NULL;
	return rc;
}

/* Make it the VFS that is used when none is named. */
static inline void
fault_install(void)
{
	static sqlite3_vfs vfs;

	fault.real = sqlite3_vfs_find(NULL);
	vfs = *fault.real;
	vfs.zName = "fault";
	vfs.szOsFile = (int)sizeof(struct fault_file) + fault.real->szOsFile;
	vfs.xOpen = fault_open;
	sqlite3_vfs_register(&vfs, 1);
}

/* From now on, fail the `nth` call of this kind (1 is the next; 0: none). */
static inline void
fault_arm(enum fault_kind kind, long nth, bool stays)
{
	fault.kind = kind;
	fault.countdown = nth;
	fault.stays = stays;
	fault.fired = 0;
}

#endif
