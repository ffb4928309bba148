/*
 * token.c - claims in, claims out.
 */

#include <jwt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "num.h"
#include "token.h"

#define ISSUER "coolvec"
#define CLOCK_SKEW 60		/* seconds that iat may lie ahead */

/* jwt_encode_str's memory belongs to libjwt's allocator, which is malloc unless somebody sets it. */
int
token_make(const struct token_key *key, const struct token *t, char **out, struct err *err)
{
	jwt_alg_t algorithm = jwt_str_alg(key->algorithm);
	jwt_t *jwt = NULL;
	int rc = -1;

	*out = NULL;
	if (key->p == NULL || key->n < TOKEN_KEY_MIN || algorithm == JWT_ALG_NONE)
		return err_set(err, -1, "the key or the algorithm of tokens cannot be");
	if (jwt_new(&jwt) != 0 ||
	    jwt_set_alg(jwt, algorithm, key->p, (int)key->n) != 0 ||
	    (key->kid[0] != '\0' && jwt_add_header(jwt, "kid", key->kid) != 0) ||
	    jwt_add_grant(jwt, "iss", ISSUER) != 0 ||
	    jwt_add_grant(jwt, "sub", t->username) != 0 ||
	    jwt_add_grant(jwt, "jti", t->sid) != 0 ||
	    jwt_add_grant_int(jwt, "iat", (long)t->issued) != 0 ||
	    jwt_add_grant_int(jwt, "exp", (long)t->expires) != 0 ||
	    (*out = jwt_encode_str(jwt)) == NULL)
		err_set(err, -1, "the token cannot be made");
	else
		rc = 0;
	jwt_free(jwt);
	return rc;
}

/* Three parts of base64url, which leaves libjwt's parser nothing else to meet. */
static int
check_shape(const char *text, size_t n)
{
	int dots = 0;

	for (size_t i = 0; i < n; i++) {
		char c = text[i];

		if (c == '.')
			dots++;
		else if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
			     (c >= '0' && c <= '9') || c == '-' || c == '_'))
			return -1;
	}
	return dots == 2 && text[n - 1] != '.' ? 0 : -1;
}

/*
 * A time, seconds since 1970.  libjwt's own reader takes what is no integer for 0 or -1, so the claim
 * is read as JSON.  0; 1 when there is none; -1 when it is none.
 */
static int
get_time(jwt_t *jwt, const char *name, int64_t *out)
{
	char *text = jwt_get_grants_json(jwt, name);
	uint64_t seconds = 0;
	int rc = text == NULL ? 1 : num_parse(text, 0, INT64_MAX, &seconds) ? 0 : -1;

	free(text);
	*out = (int64_t)seconds;
	return rc;
}

static int
get_text(jwt_t *jwt, const char *name, char *out, size_t room)
{
	const char *value = jwt_get_grant(jwt, name);
	size_t n = value != NULL ? strlen(value) : 0;

	if (n == 0 || n >= room)
		return -1;
	memcpy(out, value, n + 1);
	return 0;
}

/* The claims of a token whose signature is good. */
static int
check_claims(jwt_t *jwt, int64_t now, bool expired, struct token *t, struct err *err)
{
	const char *issuer = jwt_get_grant(jwt, "iss");
	int64_t not_before;
	int rc;

	if (issuer == NULL || strcmp(issuer, ISSUER) != 0)
		return err_set(err, -1, "the token is not of coolvec");
	if (get_text(jwt, "sub", t->username, sizeof(t->username)) != 0 ||
	    get_text(jwt, "jti", t->sid, sizeof(t->sid)) != 0 ||
	    strlen(t->sid) != TOKEN_SID_LEN)
		return err_set(err, -1, "the token names no user and session");
	if (get_time(jwt, "iat", &t->issued) != 0 || t->issued > now + CLOCK_SKEW)
		return err_set(err, -1, "the token is from the future");
	if (get_time(jwt, "exp", &t->expires) != 0)
		return err_set(err, -1, "the token does not expire");
	if (t->expires <= now && !expired)
		return err_set(err, -1, "the token has expired: log in again");
	if ((rc = get_time(jwt, "nbf", &not_before)) < 0 || (rc == 0 && not_before > now))
		return err_set(err, -1, "the token is not valid yet");
	return 0;
}

/* The name of the key in a token that nobody has checked yet; "" when it names none, -1 for no token. */
static int
get_kid(const char *text, char kid[TOKEN_KID_LEN + 1])
{
	const char *said;
	jwt_t *jwt = NULL;
	int rc = -1;

	kid[0] = '\0';
	if (jwt_decode(&jwt, text, NULL, 0) != 0)
		return -1;
	if ((said = jwt_get_header(jwt, "kid")) == NULL) {
		rc = 0;
	} else if (strlen(said) == TOKEN_KID_LEN) {
		memcpy(kid, said, TOKEN_KID_LEN + 1);
		rc = 0;
	}
	jwt_free(jwt);
	return rc;
}

/* The token, signed by the key it names; NULL and why not. */
static jwt_t *
check_signature(const struct token_key *key, const char *text, struct err *err)
{
	char kid[TOKEN_KID_LEN + 1];
	jwt_t *jwt = NULL;

	err_set(err, -1, "the token is not signed by this daemon");
	if (get_kid(text, kid) != 0)
		return NULL;
	for (const struct token_key *k = key; k != NULL; k = k->old) {
		if (k->p == NULL || k->n < TOKEN_KEY_MIN || (kid[0] != '\0' && strcmp(kid, k->kid) != 0) ||
		    jwt_decode(&jwt, text, k->p, (int)k->n) != 0)
			continue;
		if (jwt_get_alg(jwt) == jwt_str_alg(k->algorithm))
			return jwt;
		jwt_free(jwt);
		jwt = NULL;
		err_set(err, -1, "the token is signed with another algorithm");
	}
	return NULL;
}

static int
read_token(const struct token_key *key, const char *text, size_t n, int64_t now, bool expired,
    struct token *t, struct err *err)
{
	char copy[TOKEN_MAX + 1];
	jwt_t *jwt;
	int rc;

	memset(t, 0, sizeof(*t));
	if (key->p == NULL || key->n < TOKEN_KEY_MIN)
		return err_set(err, -1, "there is no key to check tokens with");
	if (n == 0 || n > TOKEN_MAX || check_shape(text, n) != 0)
		return err_set(err, -1, "not a token");
	memcpy(copy, text, n);
	copy[n] = '\0';
	if ((jwt = check_signature(key, copy, err)) == NULL)
		return -1;
	rc = check_claims(jwt, now, expired, t, err);
	jwt_free(jwt);
	return rc;
}

int
token_read(const struct token_key *key, const char *text, size_t n, int64_t now,
    struct token *t, struct err *err)
{
	return read_token(key, text, n, now, false, t, err);
}

int
token_read_expired(const struct token_key *key, const char *text, size_t n, int64_t now,
    struct token *t, struct err *err)
{
	return read_token(key, text, n, now, true, t, err);
}

int
token_name(struct token_key *k, struct err *err)
{
	struct token_key unnamed = { k->p, k->n, k->algorithm, "", NULL };
	struct token t = { .username = "key", .sid = "key" };
	const char *signature;
	char *text = NULL;

	if (token_make(&unnamed, &t, &text, err) != 0 || text == NULL)
		return -1;
	signature = strrchr(text, '.');
	snprintf(k->kid, sizeof(k->kid), "%s", signature != NULL ? signature + 1 : "");
	free(text);
	return 0;
}
