/*
 * test_meta_sqlite.c - what is SQLite's alone: the file, who may have it, and when it is full.
 */

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "fixture.h"
#include "meta_sqlite.h"

/* --- the file --------------------------------------------------------------------------------- */

static int
setup_umask_0(void **state)
{
	mode_t old = umask(0);
	int rc = setup(state);

	umask(old);
	return rc;
}

static void
files_are_the_owners_alone_whatever_the_umask(void **state)
{
	struct fixture *f = *state;
	struct stat st;

	assert_int_equal(stat(path_of(f, "meta.db"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(stat(path_of(f, "meta.db-wal"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(access(path_of(f, "meta.db-shm"), F_OK), -1);	/* exclusive: none needed */
}

static void
a_missing_folder_is_an_error_with_its_name(void **state)
{
	struct fixture *f = *state;
	struct meta *m = f->m;

	want(f, meta_open(NULL, path_of(f, "none"), &m, &f->err), META_EIO);
	assert_null(m);
	assert_non_null(strstr(f->err.text, "none/meta.db"));
}

static void
a_database_that_is_not_known_is_refused_without_its_uri(void **state)
{
	struct fixture *f = *state;
	struct meta *m = f->m;

	want(f, meta_open("mysql://u:secret@h/d", path_of(f, "none"), &m, &f->err),
	    META_EUNAVAILABLE);
	assert_null(m);
	assert_string_equal(f->err.text, "DB_URI is not postgresql://...; unset it to use SQLite");
	want(f, meta_open("postgresql://u:secret@h:no/d", path_of(f, "none"), &m, &f->err),
	    META_EUNAVAILABLE);
	assert_null(m);
	assert_null(strstr(f->err.text, "secret"));
}

/* The one in PostgreSQL would be empty, and its collections have the numbers of these. */
static void
a_folder_with_meta_db_is_not_opened_elsewhere(void **state)
{
	struct fixture *f = *state;
	struct meta *m = f->m;

	want(f, meta_open("postgresql://u:secret@h/d", f->folder, &m, &f->err), META_EUNAVAILABLE);
	assert_null(m);
	assert_non_null(strstr(f->err.text, "meta.db"));
	assert_non_null(strstr(f->err.text, "--move-metadata"));
}

/* --- who has it ------------------------------------------------------------------------------- */

/* In a child: wait for a byte, then open `folder`; the exit status is minus the result. */
static void
open_in_child(const char *folder, int from)
{
	struct meta *m;
	char byte;
	int rc;

	if (read(from, &byte, 1) != 1)
		_exit(100);
	rc = meta_open(NULL, folder, &m, NULL);
	meta_close(m);
	_exit(-rc);
}

/* The child is forked before the database is open, so that it knows of it by the file alone. */
static int
result_in_another_process(struct fixture *f, bool keep_open)
{
	int fds[2], status;
	pid_t pid;

	meta_close(f->m);
	f->m = NULL;
	assert_int_equal(pipe(fds), 0);
	if ((pid = fork()) == 0)
		open_in_child(f->folder, fds[0]);
	assert_true(pid > 0);
	ok(f, meta_open(NULL, f->folder, &f->m, &f->err));
	if (!keep_open) {
		meta_close(f->m);
		f->m = NULL;
	}
	assert_int_equal(write(fds[1], "x", 1), 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	close(fds[0]);
	close(fds[1]);
	assert_true(WIFEXITED(status));
	return -WEXITSTATUS(status);
}

static void
another_process_is_told_that_it_is_taken(void **state)
{
	struct fixture *f = *state;
	struct meta *second = f->m;

	assert_int_equal(result_in_another_process(f, true), META_EUNAVAILABLE);
	want(f, meta_open(NULL, f->folder, &second, &f->err), META_EUNAVAILABLE);
	assert_string_equal(f->err.text, "meta.db is in use by another process");
	assert_null(second);
	/* Having been asked for changed nothing: it is still ours. */
	begin(f);
	put(f, 0, 0, "x");
	commit(f);
	assert_int_equal(result_in_another_process(f, true), META_EUNAVAILABLE);
}

static void
another_process_may_have_it_afterwards(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(result_in_another_process(f, false), 0);
}

/* Killed, it leaves a log; the next one takes over what it committed and starts a new log. */
static void
what_a_killed_process_committed_is_there(void **state)
{
	struct fixture *f = *state;
	struct meta_item got;
	struct stat st;
	pid_t pid;
	int status;

	meta_close(f->m);
	f->m = NULL;
	if ((pid = fork()) == 0) {
		if (meta_open(NULL, f->folder, &f->m, NULL) == 0)
			fill(f, 100);
		begin(f);
		put(f, 100, 100, "not committed");
		kill(getpid(), SIGKILL);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	assert_int_equal(stat(path_of(f, "meta.db-wal"), &st), 0);
	assert_true(st.st_size > 0);
	ok(f, meta_open(NULL, f->folder, &f->m, &f->err));
	assert_int_equal(stat(path_of(f, "meta.db-wal"), &st), 0);
	assert_int_equal(st.st_size, 0);
	ok(f, meta_item_by_id(f->m, f->c, 99, 0, &got, &f->err));
	want(f, meta_item_by_id(f->m, f->c, 100, 0, &got, &f->err), META_NONE);
}

/* --- a full database -------------------------------------------------------------------------- */

static void
limit_pages(struct fixture *f, const char *sql)
{
	struct sqlite_db *d = f->m->db;

	assert_int_equal(sqlite3_exec(d->db, sql, NULL, NULL, NULL), SQLITE_OK);
}

static void
a_full_database_says_so_and_is_usable_afterwards(void **state)
{
	struct fixture *f = *state;
	struct meta_item item = item_of(0, 0, NULL, NULL, NULL), got;
	char text[4000];
	struct meta_txn *t;
	uint32_t i;
	int rc = 0;

	memset(text, 'x', sizeof(text));
	item.text = text;
	item.text_len = sizeof(text);
	limit_pages(f, "PRAGMA max_page_count = 40");
	begin(f);
	for (i = 0; rc == 0 && i < 100; i++) {
		item.id = item.slot = i;
		rc = meta_item_put(f->t, f->c, &item, &f->err);
	}
	want(f, rc, META_ENOSPC);
	assert_non_null(strstr(f->err.text, "full"));
	t = f->t;
	f->t = NULL;
	want(f, meta_commit(t, &f->err), META_ENOSPC);
	want(f, meta_item_by_id(f->m, f->c, 0, 0, &got, &f->err), META_NONE);

	begin(f);
	put(f, 0, 0, "a small one");
	commit(f);
	limit_pages(f, "PRAGMA max_page_count = 4000");
	fill(f, 300);
	reopen(f);
	ok(f, meta_item_by_id(f->m, f->c, 299, 0, &got, &f->err));
}

/* --- plans ------------------------------------------------------------------------------------ */

/* Every statement finds its rows through an index; only the list of everything reads everything,
 * and what moves it all elsewhere. */
static void
no_statement_scans_a_table(void **state)
{
	struct fixture *f = *state;
	struct sqlite_db *d = f->m->db;
	const char *detail;
	char sql[1024];
	sqlite3_stmt *st;
	int i, steps = 0;

	for (i = 0; i < SQL_N; i++) {
		snprintf(sql, sizeof(sql), "EXPLAIN QUERY PLAN %s", meta_sql_text[i]);
		assert_int_equal(sqlite3_prepare_v2(d->db, sql, -1, &st, NULL), SQLITE_OK);
		while (sqlite3_step(st) == SQLITE_ROW) {
			steps++;
			detail = (const char *)sqlite3_column_text(st, 3);
			if (i != SQL_COLLECTION_LIST_ALL && i < SQL_COUNTER_GET &&
			    (strstr(detail, "SCAN") != NULL || strstr(detail, "B-TREE") != NULL))
				fail_msg("%s: %s", meta_sql_text[i], detail);
			if (i == SQL_SLOT_DELETE)
				assert_non_null(strstr(detail, "slots_id"));
			if (i == SQL_ITEM_KEY_FIND)
				assert_non_null(strstr(detail, "items_key"));
		}
		sqlite3_finalize(st);
	}
	assert_true(steps > 15);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(files_are_the_owners_alone_whatever_the_umask,
		    setup_umask_0, teardown),
		TEST(a_missing_folder_is_an_error_with_its_name),
		TEST(a_database_that_is_not_known_is_refused_without_its_uri),
		TEST(a_folder_with_meta_db_is_not_opened_elsewhere),
		TEST(another_process_is_told_that_it_is_taken),
		TEST(another_process_may_have_it_afterwards),
		TEST(what_a_killed_process_committed_is_there),
		TEST(a_full_database_says_so_and_is_usable_afterwards),
		TEST(no_statement_scans_a_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
