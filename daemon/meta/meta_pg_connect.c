/*
 * meta_pg_connect.c - connecting within a time, and what failures mean.
 *
 * libpq's own connecting waits as long as each of the server's addresses likes, so it is driven here
 * step by step.
 */

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "meta_pg_libpq.h"
#include "num.h"

#define SERVER_LEAST 140000
#define OPTIONS_MAX 64

/* --- failures ---------------------------------------------------------------------------------- */

/* libpq's words are lines; ours are one.  They have hosts and names in them, and no password. */
static const char *
one_line(const char *text, char *to, size_t size)
{
	size_t n;

	snprintf(to, size, "%s", text);
	n = strlen(to);
	while (n > 0 && (to[n - 1] == '\n' || to[n - 1] == ' '))
		to[--n] = '\0';
	for (char *p = to; *p != '\0'; p++)
		if (*p == '\n' || *p == '\t')
			*p = ' ';
	return to;
}

int
pg_break(struct pg_conn *c, struct err *err, const char *why)
{
	char line[160];

	c->broken = true;
	return err_set(err, META_EUNAVAILABLE, "the database cannot be reached: %s",
	    one_line(why, line, sizeof(line)));
}

/* What an SQLSTATE means here; the longer prefix stands first. */
static const struct { const char *state; int code; bool lost; } codes[] = {
	{ "23505", META_EXISTS, false },
	{ "23503", META_NONE, false },
	{ "26000", META_EUNAVAILABLE, true },	/* prepared statements are gone */
	{ "25P03", META_EUNAVAILABLE, true },	/* idle in a transaction */
	{ "25006", META_EUNAVAILABLE, true },	/* a server that may only be read from */
	{ "55P03", META_EUNAVAILABLE, false },	/* waited too long for a lock */
	{ "53100", META_ENOSPC, false },
	{ "XX001", META_ECORRUPT, false },
	{ "XX002", META_ECORRUPT, false },
	{ "42501", META_EIO, false },		/* not allowed */
	{ "42", META_ECORRUPT, false },		/* tables that are not as their version says */
	{ "3F", META_ECORRUPT, false },
	{ "08", META_EUNAVAILABLE, true },
	{ "57014", META_EUNAVAILABLE, false },	/* took too long */
	{ "57P", META_EUNAVAILABLE, true },	/* shut down, crashed, told to go */
	{ "53", META_EUNAVAILABLE, false },
	{ "40", META_EUNAVAILABLE, false },
};

/* The primary message alone: the detail may have texts in it. */
int
pg_failure(struct pg_conn *c, const PGresult *res, struct err *err)
{
	const char *state = PQresultErrorField(res, PG_DIAG_SQLSTATE);
	const char *words = PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY);
	char line[200];

	if (state == NULL || PQstatus(c->pg) == CONNECTION_BAD)
		return pg_break(c, err, words != NULL ? words : PQerrorMessage(c->pg));
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		if (strncmp(state, codes[i].state, strlen(codes[i].state)) != 0)
			continue;
		if (codes[i].lost)
			return pg_break(c, err, words);
		return err_set(err, codes[i].code, "the database refused: %s",
		    one_line(words, line, sizeof(line)));
	}
	return err_set(err, META_EIO, "the database refused: %s (SQLSTATE %s)",
	    one_line(words, line, sizeof(line)), state);
}

/* --- waiting ----------------------------------------------------------------------------------- */

int64_t
pg_clock(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Wait for `events` until `deadline`.  False: it has passed. */
bool
pg_wait(const struct pg_conn *c, short events, int64_t deadline, short *got)
{
	struct pollfd p = { .fd = PQsocket(c->pg), .events = events };
	int64_t left;
	int n;

	do {
		left = deadline - pg_clock();
		n = poll(&p, 1, left > 0 ? (int)left : 0);
	} while (n < 0 && left > 0);
	*got = p.revents;
	return n > 0;
}

/* --- connecting -------------------------------------------------------------------------------- */

/* Ours stand first: of two the last one counts, and a URI may say otherwise. */
static int
parse_uri(const char *uri, const char **keys, const char **values, PQconninfoOption **parsed,
    int *timeout_ms, struct err *err)
{
	static const char *const ours[][2] = {
		{ "application_name", "coolvecd" }, { "keepalives", "1" }, { "keepalives_idle", "10" },
		{ "keepalives_interval", "5" }, { "keepalives_count", "3" },
		{ "tcp_user_timeout", "15000" },
	};
	size_t n = 0;
	char *why = NULL;
	uint64_t seconds;

	if ((*parsed = PQconninfoParse(uri, &why)) == NULL) {
		PQfreemem(why);		/* it has the URI in it, and so the password */
		return err_set(err, META_EUNAVAILABLE, "DB_URI is no URI that PostgreSQL knows");
	}
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++, n++) {
		keys[n] = ours[i][0];
		values[n] = ours[i][1];
	}
	for (const PQconninfoOption *o = *parsed; o->keyword != NULL && n < OPTIONS_MAX - 2; o++) {
		if (o->val == NULL)
			continue;
		keys[n] = o->keyword;
		values[n++] = o->val;
		if (strcmp(o->keyword, "connect_timeout") == 0 && num_parse(o->val, 1, 600, &seconds))
			*timeout_ms = (int)seconds * 1000;
	}
	keys[n] = "client_encoding";	/* nobody's to choose */
	values[n++] = "UTF8";
	keys[n] = values[n] = NULL;
	return 0;
}

static int
connect_within(struct pg_conn *c, int ms, struct err *err)
{
	int64_t deadline = pg_clock() + ms;
	PostgresPollingStatusType st = PGRES_POLLING_WRITING;
	short got;

	while (PQstatus(c->pg) != CONNECTION_BAD && st != PGRES_POLLING_OK &&
	    st != PGRES_POLLING_FAILED) {
		if (!pg_wait(c, st == PGRES_POLLING_READING ? POLLIN : POLLOUT, deadline, &got))
			return pg_break(c, err, "it did not take the connection in time");
		st = PQconnectPoll(c->pg);
	}
	if (st != PGRES_POLLING_OK)
		return pg_break(c, err, PQerrorMessage(c->pg));
	return 0;
}

/*
 * A commit that was answered is on the disk.  A session that hangs, or whose client has gone, ends by
 * itself and lets go of its locks.
 */
static const char session[] =
    "SELECT set_config('search_path', 'coolvec', false),"
    " set_config('statement_timeout', '60s', false), set_config('lock_timeout', '5s', false),"
    " set_config('idle_in_transaction_session_timeout', '10s', false),"
    " set_config('client_connection_check_interval', '2s', false),"
    " set_config('default_transaction_isolation', 'read committed', false),"
    " set_config('jit', 'off', false), set_config('standard_conforming_strings', 'on', false),"
    " set_config('synchronous_commit',"
    " CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on'"
    " ELSE current_setting('synchronous_commit') END, false)";

static int
set_up(struct pg_conn *c, struct err *err)
{
	const char *encoding = PQparameterStatus(c->pg, "server_encoding");

	if (PQserverVersion(c->pg) < SERVER_LEAST)
		return err_set(err, META_ECORRUPT, "the database is PostgreSQL %d, and 14 is the oldest"
		    " that serves", PQserverVersion(c->pg) / 10000);
	if (encoding == NULL || strcmp(encoding, "UTF8") != 0)
		return err_set(err, META_ECORRUPT, "the database is in the encoding %s and has to be in"
		    " UTF8", encoding != NULL ? encoding : "?");
	if (PQsetnonblocking(c->pg, 1) != 0 || PQenterPipelineMode(c->pg) != 1)
		return pg_break(c, err, PQerrorMessage(c->pg));
	return pg_exec(c, session, NULL, 0, PG_QUICK_MS, err);
}

/* Notices ("there is a transaction in progress") are nobody's to read. */
static void
no_notice(void *arg, const PGresult *res)
{
	(void)arg;
	(void)res;
}

int
pg_conn_open(const char *uri, struct pg_conn **out, struct err *err)
{
	const char *keys[OPTIONS_MAX], *values[OPTIONS_MAX];
	struct pg_conn *c = calloc(1, sizeof(*c));
	PQconninfoOption *parsed = NULL;
	int rc, ms = PG_CONNECT_MS;

	*out = NULL;
	if (c == NULL)
		return err_set(err, META_ENOMEM, "no memory to connect to the database");
	if ((rc = parse_uri(uri, keys, values, &parsed, &ms, err)) != 0)
		goto out;
	if ((c->pg = PQconnectStartParams(keys, values, 0)) == NULL) {
		rc = err_set(err, META_ENOMEM, "no memory to connect to the database");
		goto out;
	}
	PQsetNoticeReceiver(c->pg, no_notice, NULL);
	if ((rc = connect_within(c, ms, err)) != 0 || (rc = set_up(c, err)) != 0)
		goto out;
	*out = c;
	c = NULL;		/* now the caller's */
out:
	PQconninfoFree(parsed);
	pg_conn_close(c);
	return rc;
}

void
pg_conn_close(struct pg_conn *c)
{
	if (c == NULL)
		return;
	PQclear(c->res);
	PQfinish(c->pg);
	free(c->queue);
	free(c);
}

