/*
 * guard.c - the headers that decide whether a request is looked at.
 *
 * Two readers that understand the length of a body differently can be made to see different
 * requests (request smuggling), so a length that is said twice, or in two ways, is refused; so is
 * any other header of ours that came twice, since a proxy may have judged the other one.
 */

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "guard.h"
#include "problem.h"

#define HOST_MAX 255

bool
guard_allow(struct guard *g, const char *host)
{
	if (g->nhosts == GUARD_HOSTS_MAX)
		return false;
	g->hosts[g->nhosts++] = host;
	return true;
}

void
guard_header(struct head *h, const char *name, const char *value)
{
	static const struct {
		const char *name;
		size_t at;
	} known[] = {
		{ "Host", offsetof(struct head, host) },
		{ "Origin", offsetof(struct head, origin) },
		{ "Authorization", offsetof(struct head, authorization) },
		{ "Content-Type", offsetof(struct head, content_type) },
		{ "Content-Length", offsetof(struct head, content_length) },
		{ "Transfer-Encoding", offsetof(struct head, transfer_encoding) },
		{ "Accept", offsetof(struct head, accept) },
		{ "Expect", offsetof(struct head, expect) },
		{ "X-Request-Id", offsetof(struct head, request_id) },
		{ "Idempotency-Key", offsetof(struct head, idempotency_key) },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		const char **slot = (const char **)(void *)((char *)h + known[i].at);

		if (strcasecmp(name, known[i].name) != 0)
			continue;
		if (*slot != NULL && slot != &h->accept)
			h->twice = true;
		*slot = value != NULL ? value : "";
		return;
	}
}

/* The host of "host:port" or "[v6]:port" into `out`, without brackets.  False when it is neither.
 */
static bool
split_host(const char *authority, char *out, size_t nout)
{
	const char *from = authority, *rest;
	size_t n;

	if (*from == '[') {
		n = strcspn(++from, "]");
		rest = from + n;
		if (*rest++ != ']')
			return false;
	} else {
		n = strcspn(from, ":");
		rest = from + n;
	}
	if (n == 0 || n >= nout)
		return false;
	memcpy(out, from, n);
	out[n] = '\0';
	return *rest == '\0' ||
	       (*rest == ':' && strspn(rest + 1, "0123456789") == strlen(rest + 1));
}

static bool
is_address(const char *host)
{
	unsigned char to[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, host, to) == 1 || inet_pton(AF_INET6, host, to) == 1;
}

static bool
is_allowed(const struct guard *g, const char *authority)
{
	char host[HOST_MAX + 1];

	if (!split_host(authority, host, sizeof(host)))
		return false;
	if (strcasecmp(host, "localhost") == 0 || is_address(host))
		return true;
	for (size_t i = 0; i < g->nhosts; i++)
		if (strcasecmp(host, g->hosts[i]) == 0)
			return true;
	return false;
}

/* A page of this very host and port; the scheme is the business of who ends TLS before us. */
static bool
is_own(const char *origin, const char *host)
{
	if (strncasecmp(origin, "http://", 7) == 0)
		origin += 7;
	else if (strncasecmp(origin, "https://", 8) == 0)
		origin += 8;
	else
		return false;
	return strcasecmp(origin, host) == 0;
}

static bool
is_length(const char *s)
{
	return *s != '\0' && strspn(s, "0123456789") == strlen(s);
}

bool
guard_trusts(const struct head *h)
{
	return !h->twice && (h->content_length == NULL || h->transfer_encoding == NULL) &&
	    (h->content_length == NULL || is_length(h->content_length)) &&
	    (h->transfer_encoding == NULL || strcasecmp(h->transfer_encoding, "chunked") == 0);
}

int
guard_check(const struct guard *g, const struct head *h, struct err *err)
{
	if (h->twice)
		return err_set(err, WIRE_BAD_REQUEST, "a header came twice that may come once");
	if (!guard_trusts(h))
		return err_set(
		    err, WIRE_BAD_REQUEST, "the body's length is not said in one clear way");
	if (h->host == NULL)
		return err_set(err, WIRE_BAD_REQUEST, "the request has no Host");
	if (!is_allowed(g, h->host))
		return err_set(err, WIRE_FORBIDDEN, "this Host is not served here; coolvec-http"
		    " --allow-host lets a name in");
	if (h->origin != NULL && !is_own(h->origin, h->host))
		return err_set(err, WIRE_FORBIDDEN, "pages of other origins may not ask here");
	return 0;
}
