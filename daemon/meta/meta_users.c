/*
 * meta_users.c - users, their preferences, and the sessions that tokens stand for.
 */

#include <stdlib.h>

#include "meta_db.h"

int
meta_user_add(struct meta_txn *t, const char *name, const char *password, int64_t now,
    uint64_t *id, struct err *err)
{
	return db_insert(t, SQL_USER_ADD,
	    PARAMS(param_text(name), param_text(password), param_int(now)), id, err);
}

/* The user in the row, and the hash of the password where it is wanted. */
static int
read_user(struct meta *m, enum meta_sql sql, struct meta_user *u, char **password,
    struct err *err)
{
	int rc;

	u->id = db_u64(m, sql, 0);
	u->created = db_int(m, sql, 4);
	if ((rc = db_copy(m, sql, 1, u->name, sizeof(u->name), err)) != 0 ||
	    (rc = db_copy(m, sql, 2, u->metric, sizeof(u->metric), err)) != 0 ||
	    (rc = db_copy(m, sql, 3, u->collection, sizeof(u->collection), err)) != 0)
		return rc;
	return password == NULL ? 0 : db_dup(m, sql, 5, password, NULL, err);
}

static int
find_user(struct meta *m, enum meta_sql sql, const struct meta_param *p, size_t n,
    struct meta_user *u, char **password, struct err *err)
{
	int rc;

	meta_lock(m);
	rc = db_query(m, sql, p, n, err);
	if (rc == 0)
		rc = read_user(m, sql, u, password, err);
	else if (rc == META_END)
		rc = META_NONE;
	db_done(m, sql);
	meta_unlock(m);
	return rc;
}

int
meta_user_find(struct meta *m, const char *name, struct meta_user *u, char **password,
    struct err *err)
{
	if (password != NULL)
		*password = NULL;
	return find_user(m, SQL_USER_FIND, PARAMS(param_text(name)), u, password, err);
}

int
meta_user_set_password(struct meta_txn *t, uint64_t user, const char *password, struct err *err)
{
	return db_exec(t, SQL_USER_SET_PASSWORD,
	    PARAMS(param_text(password), param_u64(user)), META_NONE, err);
}

int
meta_user_set_prefs(struct meta_txn *t, uint64_t user, const char *metric,
    const char *collection, struct err *err)
{
	return db_exec(t, SQL_USER_SET_PREFS,
	    PARAMS(param_text(metric), param_text(collection), param_u64(user)), META_NONE, err);
}

int
meta_session_add(struct meta_txn *t, const char *sid, uint64_t user, int64_t expires,
    struct err *err)
{
	return db_exec(t, SQL_SESSION_ADD,
	    PARAMS(param_text(sid), param_u64(user), param_int(expires)), META_EXISTS, err);
}

int
meta_session_user(struct meta *m, const char *sid, int64_t now, struct meta_user *u,
    struct err *err)
{
	return find_user(m, SQL_SESSION_USER, PARAMS(param_text(sid), param_int(now)), u, NULL,
	    err);
}

int
meta_session_end(struct meta_txn *t, const char *sid, struct err *err)
{
	return db_exec(t, SQL_SESSION_END, PARAMS(param_text(sid)), META_NONE, err);
}

int
meta_session_end_user(struct meta_txn *t, uint64_t user, struct err *err)
{
	return db_exec(t, SQL_SESSION_END_USER, PARAMS(param_u64(user)), 0, err);
}

int
meta_session_expire(struct meta_txn *t, int64_t now, struct err *err)
{
	return db_exec(t, SQL_SESSION_EXPIRE, PARAMS(param_int(now)), 0, err);
}
