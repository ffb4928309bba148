/*
 * pages.c - the probes, and what is made once and served as it is.
 */

#include <stdlib.h>
#include <string.h>

#include "docs.h"
#include "metrics.h"
#include "openapi.h"
#include "pages.h"

static char *openapi, *docs;
static size_t nopenapi, ndocs;

int
pages_init(struct err *err)
{
	struct buf page = { 0 };
	json_t *o = openapi_make();

	openapi = o != NULL ? json_dumps(o, JSON_INDENT(1)) : NULL;
	json_decref(o);
	docs_make(&page);
	if (openapi == NULL || page.failed) {
		buf_fini(&page);
		return err_set(err, -1, "cannot describe the routes");
	}
	nopenapi = strlen(openapi);
	docs = buf_take(&page, &ndocs);
	return 0;
}

void
pages_fini(void)
{
	free(openapi);
	free(docs);
	openapi = docs = NULL;
}

void
page_openapi(struct exchange *x, const struct client_reply *r)
{
	(void)r;
	exchange_fixed(x, "application/json", openapi, nopenapi);
}

void
page_docs(struct exchange *x, const struct client_reply *r)
{
	(void)r;
	exchange_fixed(x, "text/html; charset=utf-8", docs, ndocs);
	x->answer.page = true;
}

static void
answer_status(struct exchange *x, const char *status)
{
	json_t *body = json_pack("{s:s}", "status", status);

	exchange_json(x, 200, body);
	json_decref(body);
}

void
page_health(struct exchange *x, const struct client_reply *r)
{
	(void)r;
	answer_status(x, "ok");
}

void
page_ready(struct exchange *x, const struct client_reply *r)
{
	if (r->code == WIRE_OK)
		answer_status(x, "ready");
	else
		exchange_fail(x, WIRE_UNAVAILABLE, NULL, "%s", r->message);
}

/* A daemon that is away, or knows no `metrics`, is a number too. */
void
page_metrics(struct exchange *x, const struct client_reply *r)
{
	struct buf b = { 0 };

	metrics_print(&b);
	metrics_print_daemon(&b, r->code == WIRE_OK ? r->result : NULL);
	exchange_take(x, "text/plain; version=0.0.4; charset=utf-8", &b);
}
