/*
 * op_account.c - users, passwords, sessions.
 *
 * What hashes goes to the password lane, which has two threads and so takes at most twice 64 MiB;
 * the names and passwords are copied for the way, and wiped after it.  A client that has hung up
 * meanwhile is not worth the hash.
 */

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "args.h"
#include "file.h"
#include "guess.h"
#include "log.h"
#include "ops.h"
#include "password.h"
#include "space.h"

struct account_job {
	struct lane_job job;
	struct call *call;
	void (*run)(struct account_job *job);
	char username[256 + 1];
	char password[WIRE_PASSWORD_MAX + 1];
	char new_password[WIRE_PASSWORD_MAX + 1];
	bool token;		/* a token of that user was shown */
};

/*
 * Two hashes at once would fill two cores, and searches go before: by a weight of a tenth, and by a
 * long slice, since one who wakes and wants a shorter one is let in at once (Linux 6.12; before, the
 * weight alone did so).  A refusal is no harm.
 */
static void
go_behind(void)
{
	struct {
		uint32_t size, policy;
		uint64_t flags;
		int32_t nice;
		uint32_t priority;
		uint64_t runtime, deadline, period;
	} attr = { .size = sizeof(attr), .policy = 0, .nice = 10, .runtime = 100000000 };

	(void)syscall(SYS_sched_setattr, 0, &attr, 0);
}

void
account_run(void *arg, struct lane_job *lane_job)
{
	struct account_job *job = (struct account_job *)(void *)lane_job;
	struct call *c = job->call;

	(void)arg;
	go_behind();
	if (atomic_load(&c->gone))
		call_fail(c, WIRE_BUSY, "the client has hung up");
	else
		job->run(job);
	file_forget(job, sizeof(*job));
	free(job);
	call_finish(c);
}

static int
push(struct call *c, void (*run)(struct account_job *job), const char *username,
    const char *password, const char *new_password)
{
	struct account_job *job = calloc(1, sizeof(*job));

	if (job == NULL) {
		call_fail(c, WIRE_INTERNAL, "no memory for the request");
		return CALL_DONE;
	}
	job->call = c;
	job->run = run;
	job->token = strcmp(username, c->token.username) == 0;
	snprintf(job->username, sizeof(job->username), "%s", username);
	snprintf(job->password, sizeof(job->password), "%s", password);
	snprintf(job->new_password, sizeof(job->new_password), "%s",
	    new_password != NULL ? new_password : "");
	if (lane_push(c->d->password, &job->job))
		return CALL_LATER;
	file_forget(job, sizeof(*job));
	free(job);
	call_fail(c, WIRE_BUSY, "too many passwords are waiting");
	return CALL_DONE;
}

static struct password_cost
cost_of(const struct daemon *d)
{
	return (struct password_cost){ (uint32_t)d->settings->password_kib,
		(uint32_t)d->settings->password_passes };
}

static void
run_register(struct account_job *job)
{
	struct call *c = job->call;
	char hash[PASSWORD_HASH_MAX];
	struct password_cost cost = cost_of(c->d);
	struct meta_txn *t;
	struct err err;
	uint64_t id;
	int rc;

	if (password_hash(&cost, job->password, strlen(job->password), hash, &err) != 0) {
		call_fail(c, WIRE_INTERNAL, "%s", err.text);
		return;
	}
	if ((rc = meta_begin(c->d->meta, &t, &err)) == 0) {
		if ((rc = meta_user_add(t, job->username, hash, daemon_now(), &id, &err)) == 0)
			rc = meta_commit(t, &err);
		else
			meta_rollback(t);
	}
	if (rc == META_EXISTS)
		call_fail(c, WIRE_EXISTS, "there is a user %s already", job->username);
	else if (rc != 0)
		call_fail_meta(c, rc, &err);
	else
		call_reply(c, json_pack("{s:s}", "username", job->username));
}

int
op_register(struct call *c, json_t *args)
{
	return push(c, run_register, args_string(args, "username"), args_string(args, "password"),
	    NULL);
}

/* A new session of `user`, as a row and as a token.  0, or -1 with the call failed. */
static int
make_session(struct call *c, const struct meta_user *user, struct token *token, char **text)
{
	int64_t now = daemon_now();
	unsigned char raw[TOKEN_SID_LEN / 2];
	struct meta_txn *t;
	struct err err;
	int rc;

	file_random(raw, sizeof(raw));
	for (size_t i = 0; i < sizeof(raw); i++)
		snprintf(token->sid + 2 * i, 3, "%02x", raw[i]);
	snprintf(token->username, sizeof(token->username), "%s", user->name);
	token->issued = now;
	token->expires = now + 60 * (int64_t)c->d->settings->token_minutes;
	if (token_make(&c->d->keys.now, token, text, &err) != 0) {
		call_fail(c, WIRE_INTERNAL, "%s", err.text);
		return -1;
	}
	if ((rc = meta_begin(c->d->meta, &t, &err)) == 0) {
		if ((rc = meta_session_expire(t, now, &err)) == 0 &&
		    (rc = meta_session_add(t, token->sid, user->id, token->expires, &err)) == 0)
			rc = meta_commit(t, &err);
		else
			meta_rollback(t);
	}
	if (rc != 0)
		call_fail_meta(c, rc, &err);
	return rc == 0 ? 0 : -1;
}

/* After how long it is worth to try again, as an answer. */
static void
refuse_guess(struct call *c, int64_t wait_ms)
{
	json_int_t seconds = (json_int_t)((wait_ms + 999) / 1000);

	log_info("a login was refused for too many wrong ones before it");
	call_fail_detail(c, WIRE_RATE_LIMITED, json_pack("{s:I}", "retry_after", seconds),
	    "too many wrong passwords: try again in %lld s", (long long)seconds);
}

/*
 * Guards a user's password from being changed between its check and what follows from it: else a
 * login with the old one could outlive the change, or bring its hash back.  Before meta's lock.
 */
static pthread_mutex_t change = PTHREAD_MUTEX_INITIALIZER;

/* Is the hash that was checked still the user's?  With `change` held.  False with the call failed. */
static bool
is_current(struct call *c, const char *username, const char *hash)
{
	struct meta_user user;
	char *now = NULL;
	struct err err;
	bool same = meta_user_find(c->d->meta, username, &user, &now, &err) == 0 &&
	    strcmp(now, hash) == 0;

	free(now);
	if (!same)
		call_fail(c, WIRE_BAD_CREDENTIALS, "username and password do not match");
	return same;
}

/* Put a new hash in the place of the one that was checked, and end the user's sessions if so wanted. */
static int
replace_hash(struct call *c, const struct meta_user *user, const char *hash, const char *better,
    bool end_sessions)
{
	struct meta_txn *t;
	struct err err;
	int rc = 0;

	pthread_mutex_lock(&change);
	if (!is_current(c, user->name, hash)) {
		rc = -1;
	} else if ((rc = meta_begin(c->d->meta, &t, &err)) == 0) {
		if ((rc = meta_user_set_password(t, user->id, better, &err)) == 0 &&
		    (!end_sessions || (rc = meta_session_end_user(t, user->id, &err)) == 0))
			rc = meta_commit(t, &err);
		else
			meta_rollback(t);
		if (rc != 0)
			call_fail_meta(c, rc, &err);
	} else {
		call_fail_meta(c, rc, &err);
	}
	pthread_mutex_unlock(&change);
	return rc;
}

/* The password is right and its hash is one of a cheaper time: hash it anew; failing is no harm. */
static void
strengthen(const struct account_job *job, const struct meta_user *user, const char *hash)
{
	struct password_cost cost = cost_of(job->call->d);
	char better[PASSWORD_HASH_MAX];
	struct err err;

	if (password_is_weak(&cost, hash) &&
	    password_hash(&cost, job->password, strlen(job->password), better, &err) == 0)
		(void)replace_hash(job->call, user, hash, better, false);
}

/*
 * Do name and password belong together?  0, *right and the hash (free it), or -1 with the call failed.
 */
static int
compare(const struct account_job *job, struct meta_user *user, bool *right, char **hash)
{
	struct password_cost cost = cost_of(job->call->d);
	struct err err;
	int rc;

	*hash = NULL;
	rc = meta_user_find(job->call->d->meta, job->username, user, hash, &err);
	if (rc < 0) {
		call_fail_meta(job->call, rc, &err);
		return -1;
	}
	rc = password_check(&cost, *hash, job->password, strlen(job->password), right, &err);
	if (rc != 0) {
		log_error("%s", err.text);
		call_fail(job->call, WIRE_INTERNAL, "%s", err.text);
	}
	return rc;
}

/*
 * The same within the budget of guesses; an unknown name takes as long, and sounds the same.  0, or -1
 * with the call failed; either way free *hash.
 */
static int
check(const struct account_job *job, struct meta_user *user, char **hash)
{
	struct call *c = job->call;
	struct guess g = { job->username, c->uid, job->token };
	enum guess_part part;
	int64_t wait = guess_begin(c->d->guesses, &g, daemon_clock_ms(), &part);
	bool right = false;

	*hash = NULL;
	if (wait != 0) {
		refuse_guess(c, wait);
		return -1;
	}
	if (compare(job, user, &right, hash) != 0) {
		guess_undo(c->d->guesses, &g, part);
		return -1;
	}
	if (!right) {
		call_fail(c, WIRE_BAD_CREDENTIALS, "username and password do not match");
		return -1;
	}
	guess_right(c->d->guesses, &g, part);
	return 0;
}

static void
run_login(struct account_job *job)
{
	struct call *c = job->call;
	char *text = NULL, *hash;
	struct meta_user user;
	struct token token = { 0 };
	bool made = false;

	if (check(job, &user, &hash) == 0) {
		pthread_mutex_lock(&change);
		made = is_current(c, user.name, hash) && make_session(c, &user, &token, &text) == 0;
		pthread_mutex_unlock(&change);
	}
	if (made) {
		strengthen(job, &user, hash);
		c->trusted = true;
		call_reply(c, json_pack("{s:s, s:s, s:I}", "access_token", text, "token_type", "bearer",
		    "expires_in", (json_int_t)(token.expires - token.issued)));
	}
	if (text != NULL)
		file_forget(text, strlen(text));
	free(text);
	free(hash);
}
int
op_login(struct call *c, json_t *args)
{
	return push(c, run_login, args_string(args, "username"), args_string(args, "password"), NULL);
}

static void
run_passwd(struct account_job *job)
{
	struct call *c = job->call;
	struct password_cost cost = cost_of(c->d);
	char better[PASSWORD_HASH_MAX], *hash;
	struct meta_user user;
	struct err err;

	if (check(job, &user, &hash) != 0)
		goto out;
	if (password_hash(&cost, job->new_password, strlen(job->new_password), better, &err) != 0)
		call_fail(c, WIRE_INTERNAL, "%s", err.text);
	else if (replace_hash(c, &user, hash, better, true) == 0)
		call_reply(c, json_pack("{s:s}", "username", user.name));
out:
	free(hash);
}
int
op_passwd(struct call *c, json_t *args)
{
	return push(c, run_passwd, c->user.name, args_string(args, "old_password"),
	    args_string(args, "new_password"));
}

int
op_logout(struct call *c, json_t *args)
{
	struct meta_txn *t;
	struct err err;
	int rc;

	(void)args;
	if ((rc = meta_begin(c->d->meta, &t, &err)) == 0) {
		rc = meta_session_end(t, c->token.sid, &err);
		if (rc == 0)
			rc = meta_commit(t, &err);
		else
			meta_rollback(t);
	}
	if (rc == META_NONE)
		call_fail(c, WIRE_UNAUTHENTICATED, "the session is over: log in again");
	else if (rc != 0)
		call_fail_meta(c, rc, &err);
	else
		call_reply(c, json_pack("{s:s}", "username", c->user.name));
	return CALL_DONE;
}

int
op_whoami(struct call *c, json_t *args)
{
	(void)args;
	call_reply(c, json_pack("{s:s, s:I, s:I}", "username", c->user.name, "created",
	    (json_int_t)c->user.created, "expires_in",
	    (json_int_t)(c->token.expires - daemon_now())));
	return CALL_DONE;
}

int
op_prefs(struct call *c, json_t *args)
{
	const char *metric = args_string(args, "metric"), *name = args_string(args, "collection");
	struct meta_collection info;
	struct meta_txn *t;
	struct err err;
	int rc;

	/* the preferred one must be there, or be one that is made when it is used */
	if (name != NULL && call_collection(c, args, &info) != 0)
		return CALL_DONE;
	if (metric != NULL || name != NULL) {
		if ((rc = meta_begin(c->d->meta, &t, &err)) == 0) {
			if ((rc = meta_user_set_prefs(t, c->user.id, metric, name, &err)) == 0)
				rc = meta_commit(t, &err);
			else
				meta_rollback(t);
		}
		if (rc != 0) {
			call_fail_meta(c, rc, &err);
			return CALL_DONE;
		}
	}
	call_reply(c, json_pack("{s:s, s:s}", "metric", metric != NULL ? metric : c->user.metric,
	    "collection", name != NULL ? name : c->user.collection));
	return CALL_DONE;
}
