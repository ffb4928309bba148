/*
 * meta_sqlite_open.c - opening and closing meta.db.
 *
 * One connection, and locking_mode=EXCLUSIVE from before the first read: the lock on the file is
 * kept for life, the log's index lives in memory, and another process is told that the database is
 * taken.  synchronous=FULL makes a commit that was answered one that a power cut leaves.  Nothing
 * in the file changes before its schema has been looked at.
 */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "meta_sqlite.h"

enum { PAGE_LEAST = 512 };	/* bytes; every page size of SQLite is a multiple */

/* Make the file's name survive a power cut. */
static int
sync_folder(const char *folder, struct err *err)
{
	int fd, rc = 0;

	if ((fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0 || fsync(fd) != 0)
		rc = err_sys(err, META_EIO, errno, "cannot sync the folder %s", folder);
	if (fd >= 0)
		close(fd);
	return rc;
}

/*
 * SQLite takes a file without one whole page for a new database and removes the log beside it, and
 * takes a last page that was cut for a whole one.  The first is right for a file that was made and
 * never written, the second for one whose log has the rest; else something is lost.
 */
static int
check_size(const char *path, struct err *err)
{
	char log[PATH_MAX];
	struct stat st, log_st;
	bool has_log;

	if (stat(path, &st) != 0)
		return err_sys(err, META_EIO, errno, "cannot look at %s", path);
	snprintf(log, sizeof(log), "%s-wal", path);
	has_log = stat(log, &log_st) == 0 && log_st.st_size > 0;
	if (st.st_size == 0 ? !has_log : st.st_size >= PAGE_LEAST &&
	    (has_log || st.st_size % PAGE_LEAST == 0))
		return 0;
	return err_set(err, META_ECORRUPT, "meta.db is damaged: it has been cut to %lld bytes",
	    (long long)st.st_size);
}

/*
 * Make the file when it is missing: SQLite would give it the mode that umask leaves, and its log
 * gets the mode of the file.  One that is there is not even opened, for closing it would drop the
 * locks that this process may have on it.
 */
static int
make_file(const char *path, const char *folder, struct err *err)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd >= 0) {
		close(fd);
		return sync_folder(folder, err);
	}
	if (errno == EEXIST)
		return check_size(path, err);
	return err_sys(err, errno == ENOSPC || errno == EDQUOT ? META_ENOSPC : META_EIO, errno,
	    "cannot make %s", path);
}

static int
pragma(struct sqlite_db *d, const char *sql, struct err *err)
{
	int rc = sqlite3_exec(d->db, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? 0 : sqlite_fail(d, rc, "open the database", err);
}

/* What holds for the connection; touches nothing in the file. */
static int
configure(struct sqlite_db *d, struct err *err)
{
	/* Until the schema has been seen to be ours, closing must leave everything as it is. */
	sqlite3_db_config(d->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	sqlite3_db_config(d->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(d->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	return pragma(d,
	    "PRAGMA locking_mode = EXCLUSIVE;"
	    "PRAGMA synchronous = FULL;"
	    "PRAGMA foreign_keys = ON;"
	    "PRAGMA temp_store = MEMORY;"
	    "PRAGMA cell_size_check = ON;"	/* a damaged page is noticed early */
	    "PRAGMA cache_size = -32768;"	/* KiB */
	    "PRAGMA journal_size_limit = 67108864", err); /* after a big one the log shrinks */
}

static int
open_file(struct sqlite_db *d, const char *path, const char *folder, struct err *err)
{
	int rc;

	if ((rc = make_file(path, folder, err)) != 0)
		return rc;
	rc = sqlite3_open_v2(path, &d->db,
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
	if (d->db == NULL)
		return err_set(err, META_ENOMEM, "no memory to open %s", path);
	return rc == SQLITE_OK ? 0 : sqlite_fail(d, rc, "open the database", err);
}

/*
 * Move what the log holds into the file and empty it.  After a failed fsync and a kill, the log
 * as it is read may be more than the disk has of it; commits behind such a part would go with it
 * in a power cut.  A full disk is no reason not to open: the log stays as it is then.
 */
static int
empty_log(struct sqlite_db *d, struct err *err)
{
	int rc = sqlite3_wal_checkpoint_v2(d->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);

	if (rc == SQLITE_OK || (rc & 0xff) == SQLITE_FULL)
		return 0;
	return sqlite_fail(d, rc, "empty the log", err);
}

/* Look at what is there, then make it ours: the log, and the tables. */
static int
prepare_schema(struct sqlite_db *d, int *schema, struct err *err)
{
	int rc;

	if ((rc = sqlite_schema_check(d, schema, err)) != 0)
		return rc;
	if (*schema == 0 && (rc = pragma(d, "PRAGMA auto_vacuum = INCREMENTAL", err)) != 0)
		return rc;		/* before there is anything in it */
	if ((rc = pragma(d, "PRAGMA journal_mode = WAL", err)) != 0)
		return rc;
	sqlite3_db_config(d->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
	if ((rc = empty_log(d, err)) != 0 || (rc = sqlite_prepare_kept(d, err)) != 0)
		return rc;
	if ((rc = sqlite_schema_migrate(d, schema, err)) != 0)
		return rc;
	return sqlite_trim_prepare(d, err);
}

int
sqlite_db_open(const char *uri, const char *folder, void **db, int *schema, struct err *err)
{
	struct sqlite_db *d;
	char *path = NULL;
	int rc;

	(void)uri;		/* NULL: there is nothing in it for SQLite */
	if ((d = calloc(1, sizeof(*d))) == NULL || asprintf(&path, "%s/meta.db", folder) < 0) {
		path = NULL;
		rc = err_set(err, META_ENOMEM, "no memory to open meta.db");
		goto out;
	}
	if ((rc = open_file(d, path, folder, err)) != 0 || (rc = configure(d, err)) != 0 ||
	    (rc = prepare_schema(d, schema, err)) != 0)
		goto out;
	*db = d;
	d = NULL;		/* now the caller's */
out:
	sqlite_db_close(d);
	free(path);
	return rc;
}

void
sqlite_db_close(void *db)
{
	struct sqlite_db *d = db;
	int i;

	if (d == NULL)
		return;
	for (i = 0; i < SQL_N; i++)
		sqlite3_finalize(d->st[i]);
	for (i = 0; i < KEPT_N; i++)
		sqlite3_finalize(d->kept[i]);
	sqlite3_close(d->db);
	free(d);
}
