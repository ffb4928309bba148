/*
 * meta_requests.c - what was carried out and answered, so that a retry is answered the same.
 */

#include <stdlib.h>

#include "meta_db.h"

int
meta_request_put(struct meta_txn *t, uint64_t user, const char *request, uint64_t collection,
    uint64_t digest, const char *answer, int64_t now, struct err *err)
{
	return db_exec(t, SQL_REQUEST_PUT,
	    PARAMS(param_u64(user), param_text(request), param_u64(collection), param_u64(digest),
	    param_text(answer), param_int(now)), META_EXISTS, err);
}

int
meta_txn_request_find(struct meta_txn *t, uint64_t user, const char *request,
    uint64_t *collection, uint64_t *digest, char **answer, struct err *err)
{
	struct meta *m = t->m;
	int rc;

	*answer = NULL;
	if (t->failed != 0)
		return err_set(err, t->failed, "the transaction has failed already");
	rc = db_query(m, SQL_REQUEST_FIND, PARAMS(param_u64(user), param_text(request)), err);
	if (rc == 0) {
		*collection = db_u64(m, SQL_REQUEST_FIND, 0);
		*digest = db_u64(m, SQL_REQUEST_FIND, 1);
		rc = db_dup(m, SQL_REQUEST_FIND, 2, answer, NULL, err);
	} else if (rc == META_END) {
		rc = META_NONE;
	}
	db_done(m, SQL_REQUEST_FIND);
	return db_note(t, rc);
}

int
meta_request_expire(struct meta_txn *t, int64_t before, struct err *err)
{
	return db_exec(t, SQL_REQUEST_EXPIRE, PARAMS(param_int(before)), 0, err);
}
