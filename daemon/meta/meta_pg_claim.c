/*
 * meta_pg_claim.c - whose the database is.
 *
 * The table "state" has one row: the identity of the database, the epoch, and who holds it.  Taking
 * hold bumps the epoch, and from then on whoever wrote under an earlier one can write no more; the
 * lock it takes for that is one that transactions under way hold off, so they are over afterwards.
 *
 * The data folder has a note of the identity and the epoch, in meta.postgresql.  A database with
 * another identity is not the one these files belong to, and one with a lower epoch is from an older
 * copy than they are.  (Files that are older than the database are found by their lengths and sums.)
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "file.h"
#include "meta_pg.h"
#include "meta_uri.h"

#define TRIES 60		/* 3 s, for the connection of one that was just stopped to go */
#define PAUSE_NS (50 * 1000 * 1000)

static const char sql_state[] =
    "SELECT identity, epoch, moved::int, (holder = $1)::int, EXISTS (SELECT FROM pg_stat_activity a"
    " WHERE a.pid = s.backend AND a.backend_start = s.backend_start)::int FROM state s FOR UPDATE";

static const char sql_take[] =
    "UPDATE state SET epoch = epoch + 1, holder = $1, backend = pg_backend_pid(), backend_start ="
    " (SELECT a.backend_start FROM pg_stat_activity a WHERE a.pid = pg_backend_pid())"
    " RETURNING epoch";

struct state {
	struct pg_claim claim;
	bool moved, ours, live;
};

/* --- the note in the folder -------------------------------------------------------------------- */

/* What the folder says it belongs to; an empty identity: nothing. */
static int
read_note(const char *folder, struct pg_claim *note, struct err *err)
{
	char path[4096], *text = NULL;
	size_t n;
	int rc;

	*note = (struct pg_claim){ .identity = "" };
	if (folder == NULL)
		return 0;
	snprintf(path, sizeof(path), "%s/" META_NOTE, folder);
	if ((rc = file_read(path, 256, &text, &n, err)) != 0)
		return rc == 1 ? 0 : META_EIO;
	if (sscanf(text, "%39s %" SCNd64, note->identity, &note->epoch) != 2)
		rc = err_set(err, META_ECORRUPT, "%s is damaged: it does not say what database these"
		    " files belong to", path);
	free(text);
	return rc;
}

int
pg_claim_note(const struct pg_link *l, struct err *err)
{
	char path[4096], text[96];
	int n;

	if (l->folder == NULL)
		return 0;
	snprintf(path, sizeof(path), "%s/" META_NOTE, l->folder);
	n = snprintf(text, sizeof(text), "%s %" PRId64 "\n", l->claim.identity, l->claim.epoch);
	return file_write(path, 0600, text, (size_t)n, err) == 0 ? 0 : META_EIO;
}

static int
check_note(const struct pg_claim *note, const struct state *s, struct err *err)
{
	if (note->identity[0] == '\0')
		return 0;
	if (strcmp(note->identity, s->claim.identity) != 0)
		return err_set(err, META_ECORRUPT, "the data folder belongs to another database than"
		    " the one in DB_URI");
	if (note->epoch > s->claim.epoch)
		return err_set(err, META_ECORRUPT, "the database is older than the data folder (epoch %"
		    PRId64 ", and %" PRId64 " in " META_NOTE "): has it been restored from a copy?",
		    s->claim.epoch, note->epoch);
	return 0;
}

/* --- the row in the database ------------------------------------------------------------------- */

static void
copy_column(struct pg_conn *c, int column, char *to, size_t size)
{
	size_t len;
	const char *p = pg_bytes(c, column, &len);

	snprintf(to, size, "%.*s", p != NULL ? (int)len : 0, p != NULL ? p : "");
}

/* Begin, and lock the row.  The transaction is open after 0 alone. */
static int
lock_state(struct pg_link *l, struct pg_conn *c, struct state *s, struct err *err)
{
	struct meta_param holder = param_text(l->holder);
	int rc;

	if ((rc = pg_exec(c, "BEGIN", NULL, 0, PG_QUICK_MS, err)) != 0)
		return rc;
	if ((rc = pg_query(c, sql_state, &holder, 1, PG_QUICK_MS, err)) == 0) {
		copy_column(c, 0, s->claim.identity, sizeof(s->claim.identity));
		s->claim.epoch = pg_int(c, 1);
		s->moved = pg_int(c, 2) != 0;
		s->ours = pg_int(c, 3) != 0;
		s->live = pg_int(c, 4) != 0;
		rc = pg_skip(c, PG_QUICK_MS, err);
		if (rc == META_END)
			return 0;
	} else if (rc == META_END) {
		rc = err_set(err, META_ECORRUPT, "the database is damaged: its table of state is empty");
	}
	(void)pg_exec(c, "ROLLBACK", NULL, 0, PG_QUICK_MS, NULL);
	return rc;
}

/* May this daemon take hold, at its start?  0, META_NONE: not yet, or a failure. */
static int
may_begin(const struct pg_link *l, const struct state *s, struct err *err)
{
	struct pg_claim note;
	int rc;

	if (s->moved)
		return err_set(err, META_EUNAVAILABLE, "the metadata in this database was moved away with"
		    " --move-metadata");
	if ((rc = read_note(l->folder, &note, err)) != 0 || (rc = check_note(&note, s, err)) != 0)
		return rc;
	/* the lock on the folder says that a former holder with the same note is gone */
	if (!s->live || note.identity[0] != '\0')
		return 0;
	err_set(err, META_EUNAVAILABLE, "another coolvecd is using this database");
	return META_NONE;
}

static int
take(struct pg_link *l, struct pg_conn *c, struct state *s, struct err *err)
{
	struct meta_param holder = param_text(l->holder);
	int rc;

	if ((rc = pg_query(c, sql_take, &holder, 1, PG_QUICK_MS, err)) != 0)
		return rc;
	s->claim.epoch = pg_int(c, 0);
	if ((rc = pg_skip(c, PG_QUICK_MS, err)) != META_END)
		return rc;
	return pg_exec(c, "COMMIT", NULL, 0, PG_QUICK_MS, err);
}

/* --- what became of a commit ------------------------------------------------------------------- */

static int
resolve(struct pg_link *l, struct pg_conn *c, struct err *err)
{
	struct meta_param xid;
	char status[16] = "";
	bool due;
	int rc;

	pthread_mutex_lock(&l->lock);
	due = l->outcomes[l->newest].is == PG_UNCERTAIN;
	pthread_mutex_unlock(&l->lock);
	if (!due)
		return 0;
	xid = param_text(l->xid);	/* nobody changes it while it is uncertain */
	if ((rc = pg_query(c, "SELECT pg_xact_status($1::text::xid8)", &xid, 1, PG_QUICK_MS, err)) != 0)
		return rc == META_END ? META_EIO : rc;
	copy_column(c, 0, status, sizeof(status));
	(void)pg_skip(c, PG_QUICK_MS, NULL);
	if (strcmp(status, "committed") != 0 && strcmp(status, "aborted") != 0)
		return err_set(err, META_EUNAVAILABLE, "the database cannot tell what became of a commit"
		    ": it is \"%s\"", status);
	pthread_mutex_lock(&l->lock);
	l->outcomes[l->newest].is = status[0] == 'c' ? PG_HAPPENED : PG_UNDONE;
	pthread_mutex_unlock(&l->lock);
	return 0;
}

/* --- claiming ---------------------------------------------------------------------------------- */

static int
claim_first(struct pg_link *l, struct pg_conn *c, struct state *s, struct err *err)
{
	static const struct timespec pause = { .tv_nsec = PAUSE_NS };
	int rc = META_NONE;

	for (int i = 0; i < TRIES && rc == META_NONE; i++) {
		if (i > 0)
			nanosleep(&pause, NULL);
		if ((rc = lock_state(l, c, s, err)) != 0)
			return rc;
		if ((rc = may_begin(l, s, err)) == 0)
			return take(l, c, s, err);
		(void)pg_exec(c, "ROLLBACK", NULL, 0, PG_QUICK_MS, NULL);
	}
	return rc == META_NONE ? META_EUNAVAILABLE : rc;
}

/* A database that somebody else holds now, or that is another one, is left as it is. */
static int
claim_again(struct pg_link *l, struct pg_conn *c, struct state *s, bool *fenced, struct err *err)
{
	struct pg_claim had;
	int rc;

	if ((rc = lock_state(l, c, s, err)) != 0)
		return rc;
	pthread_mutex_lock(&l->lock);
	had = l->claim;
	pthread_mutex_unlock(&l->lock);
	*fenced = !s->ours || strcmp(s->claim.identity, had.identity) != 0;
	if (*fenced)
		return pg_exec(c, "ROLLBACK", NULL, 0, PG_QUICK_MS, err);
	return take(l, c, s, err);
}

int
pg_claim(struct pg_link *l, struct pg_conn *c, bool first, struct err *err)
{
	struct state s = { .live = false };
	bool fenced = false;
	int rc;

	rc = first ? claim_first(l, c, &s, err) : claim_again(l, c, &s, &fenced, err);
	if (rc != 0 || (rc = resolve(l, c, err)) != 0)
		return rc > 0 ? META_EIO : rc;
	pthread_mutex_lock(&l->lock);
	l->fenced = fenced;
	if (!fenced)
		l->claim = s.claim;
	pthread_mutex_unlock(&l->lock);
	return 0;
}
