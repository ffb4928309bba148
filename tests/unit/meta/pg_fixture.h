/*
 * pg_fixture.h - the database that COOLVEC_TEST_DB_URI names, seen through a proxy.
 */

#ifndef TEST_META_PG_FIXTURE_H
#define TEST_META_PG_FIXTURE_H

#include <libpq-fe.h>
#include <time.h>

#include "fixture.h"

#include "../../pg_proxy.h"
#include "file.h"

struct lost {
	struct fixture f;
	struct pg_proxy proxy;
	char uri[160];		/* through the proxy */
	PGconn *sql;		/* and beside it */
	atomic_uint backs;	/* how often the database has come back */
};

static inline void
on_back(void *arg)
{
	struct lost *l = arg;

	atomic_fetch_add(&l->backs, 1);
}

static inline void
sql(struct lost *l, const char *text)
{
	PGresult *res = PQexec(l->sql, text);

	if (PQresultStatus(res) != PGRES_COMMAND_OK && PQresultStatus(res) != PGRES_TUPLES_OK)
		fail_msg("%s: %s", text, PQerrorMessage(l->sql));
	PQclear(res);
}

static inline void
pause_ms(long ms)
{
	const struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

	nanosleep(&t, NULL);
}

static inline double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static inline int
setup_lost(void **state)
{
	struct lost *l = calloc(1, sizeof(*l));
	struct fixture *f = &l->f;

	assert_non_null(l);
	*state = l;
	folder_make(f->folder, sizeof(f->folder));
	assert_non_null(strstr(test_uri(), "host="));
	assert_int_equal(proxy_start(&l->proxy, f->folder, strstr(test_uri(), "host=") + 5), 0);
	snprintf(l->uri, sizeof(l->uri), "postgresql://postgres@/coolvec?host=%s", f->folder);
	l->sql = PQconnectdb(test_uri());
	sql(l, "SET search_path = coolvec");
	sql(l, "SET client_min_messages = error");
	sql(l, "DROP SCHEMA IF EXISTS coolvec CASCADE");
	ok(f, meta_open(l->uri, f->folder, &f->m, &f->err));
	meta_watch(f->m, on_back, l);
	begin(f);
	ok(f, meta_user_add(f->t, "ann", "$argon2id$ann", 1000, &f->user, &f->err));
	f->c = add_collection(f, f->user, "default");
	put(f, 1, 1, "one");
	ok(f, meta_session_add(f->t, "sid", f->user, 5000, &f->err));
	commit(f);
	return 0;
}

static inline int
teardown_lost(void **state)
{
	struct lost *l = *state;
	struct fixture *f = &l->f;

	meta_rollback(f->t);
	meta_close(f->m);
	PQfinish(l->sql);
	proxy_stop(&l->proxy);
	folder_remove(f->folder);
	free(l);
	return 0;
}

static inline void
wait_back(struct lost *l)
{
	unsigned backs = atomic_load(&l->backs);	/* nothing comes back before it passes */

	proxy_set(&l->proxy, PROXY_PASS);
	while (atomic_load(&l->backs) == backs)
		pause_ms(1);
}

static inline bool
is_item(struct fixture *f, uint64_t id)
{
	struct meta_item got;
	int rc = meta_item_by_id(f->m, f->c, id, 0, &got, &f->err);

	if (rc < 0)
		fail_msg("item %d: %s", (int)id, f->err.text);
	return rc == 0;
}

#define LOST(name_) cmocka_unit_test_setup_teardown(name_, setup_lost, teardown_lost)

/* Without a database there is nothing to test. */
static inline int
run_lost(const char *name, const struct CMUnitTest *tests, size_t n)
{
	if (test_uri() == NULL) {
		printf("1..1\nok 1 - %s # skip COOLVEC_TEST_DB_URI names no database\n", name);
		return 0;
	}
	return _cmocka_run_group_tests(name, tests, n, NULL, NULL);
}

#endif
