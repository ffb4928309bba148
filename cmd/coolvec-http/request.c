/*
 * request.c - from libmicrohttpd's callbacks to an exchange.
 *
 * The handler is called once with the head, then for each piece of the body, then once more; and
 * again after a suspended connection was resumed, when the exchange has its answer.
 */

#include <stdlib.h>

#include "metrics.h"
#include "worker.h"

static struct peer *
peer_of(struct MHD_Connection *c)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info != NULL ? info->socket_context : NULL;
}

void
request_on_connection(void *cls, struct MHD_Connection *c, void **state,
    enum MHD_ConnectionNotificationCode what)
{
	struct worker *w = cls;
	struct peer *p = *state;

	if (what == MHD_CONNECTION_NOTIFY_STARTED) {
		metrics_connections(1);
		if ((p = calloc(1, sizeof(*p))) == NULL)
			return;		/* it lives without a deadline */
		p->worker = w;
		p->fd = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
		p->since = pool_clock();
		p->next = w->peers;
		p->prev = &w->peers;
		if (w->peers != NULL)
			w->peers->prev = &p->next;
		w->peers = p;
		*state = p;
		return;
	}
	metrics_connections(-1);
	if (p == NULL)
		return;
	*p->prev = p->next;
	if (p->next != NULL)
		p->next->prev = p->prev;
	free(p);
	*state = NULL;
}

void *
request_on_uri(void *cls, const char *uri, struct MHD_Connection *c)
{
	struct worker *w = cls;
	struct exchange *x = exchange_new(w->options->guard, uri);

	if (x != NULL) {
		x->connection = c;
		w->exchanges++;
	}
	return x;
}

void
request_on_end(
    void *cls, struct MHD_Connection *c, void **state, enum MHD_RequestTerminationCode why)
{
	struct worker *w = cls;
	struct peer *p = peer_of(c);

	(void)why;
	if (*state == NULL)
		return;
	if (p != NULL)
		p->since = pool_clock();
	exchange_free(*state);
	*state = NULL;
	w->exchanges--;
}

static enum MHD_Result
take_header(void *cls, enum MHD_ValueKind kind, const char *name, const char *value)
{
	(void)kind;
	guard_header(cls, name, value);
	return MHD_YES;
}

static enum MHD_Result
answer(struct worker *w, struct MHD_Connection *c, struct exchange *x)
{
	struct peer *p = peer_of(c);

	if (p != NULL) {
		p->since = pool_clock();
		p->asking = false;
	}
	if (w->stopping)
		x->answer.hang_up = true;
	return respond(c, x);
}

/* The body is whole: answer, or ask and put the connection to sleep. */
static enum MHD_Result
proceed(struct worker *w, struct MHD_Connection *c, struct exchange *x)
{
	struct peer *p = peer_of(c);

	exchange_ready(x);
	if (x->state == EXCHANGE_ANSWERED)
		return answer(w, c, x);
	if (p != NULL)
		p->asking = true;
	MHD_suspend_connection(c);
	pool_submit(w->pool, x);
	return MHD_YES;
}

void
request_done(struct exchange *x)
{
	MHD_resume_connection(x->connection);
}

enum MHD_Result
request_on_data(void *cls, struct MHD_Connection *c, const char *url, const char *method,
    const char *version, const char *data, size_t *n, void **state)
{
	struct worker *w = cls;
	struct exchange *x = *state;

	(void)url;
	(void)version;
	if (x == NULL)
		return MHD_NO;		/* there was no memory for it */
	if (x->method == NULL) {
		MHD_get_connection_values(c, MHD_HEADER_KIND, take_header, &x->head);
		exchange_begin(x, method);
		return x->state == EXCHANGE_ANSWERED && x->answer.hang_up ? answer(w, c, x)
									  : MHD_YES;
	}
	if (*n > 0) {
		enum MHD_Result rc = exchange_body(x, data, *n) ? MHD_YES : MHD_NO;

		*n = 0;
		return rc;
	}
	return x->state == EXCHANGE_READING ? proceed(w, c, x) : answer(w, c, x);
}
