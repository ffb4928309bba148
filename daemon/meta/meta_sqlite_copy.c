/*
 * meta_sqlite_copy.c - SQLite's backup, from the one connection there is.
 *
 * What that connection writes while a backup is under way goes into the pages that were copied
 * already, so the copy is always the database as of its last step and never has to begin again.
 * VACUUM INTO was the other way: one statement, which would keep everybody waiting for its length.
 */

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "meta_sqlite.h"

#define STEP_PAGES 256		/* 1 MiB, about a millisecond */
#define REST_PAGES 1024		/* few enough to be left to the last step */

struct sqlite_copy {
	struct sqlite_db to;
	sqlite3_backup *backup;
	bool begun;
};

/* The new file, without a log of its own: half a copy is thrown away anyhow. */
static int
open_copy(struct sqlite_copy *cp, const char *path, struct err *err)
{
	int rc, fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0)
		return err_sys(err, errno == ENOSPC || errno == EDQUOT ? META_ENOSPC : META_EIO, errno,
		    "cannot make %s", path);
	close(fd);
	rc = sqlite3_open_v2(path, &cp->to.db,
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
	if (cp->to.db == NULL)
		return err_set(err, META_ENOMEM, "no memory to copy the metadata");
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(cp->to.db, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF",
		    NULL, NULL, NULL);
	return rc == SQLITE_OK ? 0 : sqlite_fail(&cp->to, rc, "open a copy", err);
}

int
sqlite_copy_begin(void *db, const char *path, void **out, struct err *err)
{
	struct sqlite_copy *cp = calloc(1, sizeof(*cp));
	struct sqlite_db *d = db;
	int rc;

	if (cp == NULL)
		return err_set(err, META_ENOMEM, "no memory to copy the metadata");
	if ((rc = open_copy(cp, path, err)) != 0)
		goto out;
	if ((cp->backup = sqlite3_backup_init(cp->to.db, "main", d->db, "main")) == NULL) {
		rc = sqlite_fail(&cp->to, sqlite3_extended_errcode(cp->to.db), "begin a copy", err);
		goto out;
	}
	*out = cp;
	cp = NULL;		/* now the caller's */
out:
	sqlite_copy_end(cp);
	return rc;
}

/*
 * A backup that is done takes no more of what is written, so only the last step may end it.  How much
 * there is SQLite tells after a first page; the tables alone are more than that.
 */
int
sqlite_copy_step(void *copy, bool all, struct err *err)
{
	struct sqlite_copy *cp = copy;
	int rc;

	if (!all && cp->begun && sqlite3_backup_remaining(cp->backup) <= REST_PAGES)
		return 0;
	rc = sqlite3_backup_step(cp->backup, all ? -1 : cp->begun ? STEP_PAGES : 1);
	assert(all || rc != SQLITE_DONE);
	cp->begun = true;
	if (rc == SQLITE_DONE)
		return 0;
	if (rc == SQLITE_OK)
		return sqlite3_backup_remaining(cp->backup) > REST_PAGES ? 1 : 0;
	return sqlite_fail(&cp->to, rc, "copy", err);
}

void
sqlite_copy_end(void *copy)
{
	struct sqlite_copy *cp = copy;

	if (cp == NULL)
		return;
	sqlite3_backup_finish(cp->backup);
	sqlite3_close(cp->to.db);
	free(cp);
}
