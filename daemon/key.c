/*
 * key.c - two keys at most: one that signs, and the one before it.
 *
 * A key lies in a mapping of its own that the kernel leaves out of core dumps.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "key.h"
#include "log.h"

#define SECRET_MAX 4096		/* bytes of a key, and of its mapping */
#define SECRET_MADE 32

/* Take over the text, which is wiped and freed. */
static int
keep(struct keys *k, int which, char *text, size_t n, const char *algorithm, struct err *err)
{
	struct token_key *key = which == 0 ? &k->now : &k->old;
	void *p = mmap(NULL, SECRET_MAX, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int rc = 0;

	if (p == MAP_FAILED || n > SECRET_MAX) {
		rc = err_set(err, -1, "no memory for the key, or it has more than %d bytes", SECRET_MAX);
	} else {
		(void)madvise(p, SECRET_MAX, MADV_DONTDUMP);
		memcpy(p, text, n);
		k->bytes[which] = p;
		*key = (struct token_key){ p, n, algorithm, "", NULL };
		rc = token_name(key, err);
	}
	file_forget(text, n);
	free(text);
	return rc;
}

static int
from_settings(const struct settings *s, struct keys *k, struct err *err)
{
	const char *text[2] = { s->secret, s->secret_old };
	static const char *const names[2] = { "SECRET_KEY", "SECRET_KEY_OLD" };
	char *copy;

	for (int i = 0; i < 2 && text[i] != NULL; i++) {
		if (strlen(text[i]) < TOKEN_KEY_MIN)
			return err_set(err, -1, "%s has %zu bytes and needs %d: make one with"
			    " `openssl rand -hex 32`, or unset it and coolvecd makes its own",
			    names[i], strlen(text[i]), TOKEN_KEY_MIN);
		if ((copy = strdup(text[i])) == NULL)
			return err_set(err, -1, "no memory for the key");
		if (keep(k, i, copy, strlen(copy), s->algorithm, err) != 0)
			return -1;
	}
	return 0;
}

static int
make_key(const char *path, struct err *err)
{
	unsigned char made[SECRET_MADE];
	int rc;

	file_random(made, sizeof(made));
	rc = file_write(path, 0600, made, sizeof(made), err);
	file_forget(made, sizeof(made));
	return rc;
}

/* Once all that it signed has expired it checks nothing any more. */
static int
load_old(const struct settings *s, int64_t now, struct keys *k, struct err *err)
{
	char path[4096], *text;
	struct stat st;
	size_t n;
	int rc;

	snprintf(path, sizeof(path), "%s/secret.key.old", s->data);
	if (stat(path, &st) != 0 || (int64_t)st.st_mtime + 60 * (int64_t)s->token_minutes <= now)
		return 0;
	if ((rc = file_read(path, SECRET_MAX, &text, &n, err)) != 0)
		return rc < 0 ? -1 : 0;
	return keep(k, 1, text, n, s->algorithm, err);
}

static int
from_folder(const struct settings *s, int64_t now, struct keys *k, struct err *err)
{
	char path[4096], *text = NULL;
	size_t n;
	int rc;

	snprintf(path, sizeof(path), "%s/secret.key", s->data);
	rc = file_read(path, SECRET_MAX, &text, &n, err);
	if (rc == 1) {
		if (make_key(path, err) != 0)
			return -1;
		log_info("made %s, which signs tokens", path);
		rc = file_read(path, SECRET_MAX, &text, &n, err);
	}
	if (rc != 0)
		return -1;
	if (n < TOKEN_KEY_MIN) {
		free(text);
		return err_set(err, -1, "%s has %zu bytes and needs %d: remove it, and coolvecd makes"
		    " a new one (all have to log in again)", path, n, TOKEN_KEY_MIN);
	}
	if (keep(k, 0, text, n, s->algorithm, err) != 0)
		return -1;
	return load_old(s, now, k, err);
}

int
keys_load(const struct settings *s, int64_t now, struct keys *k, struct err *err)
{
	*k = (struct keys){ 0 };
	if (s->secret == NULL && s->secret_old != NULL)
		return err_set(err, -1, "SECRET_KEY_OLD is set without SECRET_KEY");
	if ((s->secret != NULL ? from_settings(s, k, err) : from_folder(s, now, k, err)) != 0) {
		keys_fini(k);
		return -1;
	}
	k->now.old = k->old.p != NULL ? &k->old : NULL;
	return 0;
}

void
keys_fini(struct keys *k)
{
	for (int i = 0; i < 2; i++)
		if (k->bytes[i] != NULL) {
			file_forget(k->bytes[i], SECRET_MAX);
			munmap(k->bytes[i], SECRET_MAX);
		}
	*k = (struct keys){ 0 };
}

int
keys_rotate(const struct settings *s, struct err *err)
{
	char path[4096], old[4096 + 8], *text = NULL;
	size_t n;
	int rc;

	if (s->secret != NULL)
		return err_set(err, -1, "SECRET_KEY is set: set SECRET_KEY_OLD to what it is, and"
		    " SECRET_KEY to what `openssl rand -hex 32` prints");
	snprintf(path, sizeof(path), "%s/secret.key", s->data);
	snprintf(old, sizeof(old), "%s.old", path);
	if ((rc = file_read(path, SECRET_MAX, &text, &n, err)) < 0)
		return -1;
	if (rc == 0)
		rc = file_write(old, 0600, text, n, err);
	else
		rc = 0;		/* there is none to be kept */
	if (text != NULL)
		file_forget(text, n);
	free(text);
	return rc != 0 ? -1 : make_key(path, err);
}
